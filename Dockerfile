# The image of both services: `casework` and `letters` on the path, nothing else to run. Postgres is another container.
# Everything installed is pinned by hash in the lock files; all of it has wheels, so neither stage has a compiler.

FROM python:3.13-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /src
COPY requirements.lock requirements-dev.lock ./
RUN python -m venv --without-pip /opt/casework \
 && python -m pip --python /opt/casework/bin/python install --require-hashes --only-binary=:all: -r requirements.lock
# The tool that builds our wheel is in the locked development list; this stage is thrown away.
RUN python -m pip install --require-hashes --only-binary=:all: -r requirements-dev.lock
COPY pyproject.toml README.md LICENSE ./
COPY services ./services
RUN python -m pip wheel --no-deps --no-build-isolation --wheel-dir /wheel . \
 && python -m pip --python /opt/casework/bin/python install --no-deps --no-index /wheel/*.whl \
 && /opt/casework/bin/python -m compileall -q /opt/casework/lib

FROM python:3.13-slim-bookworm
RUN groupadd --gid 10001 casework \
 && useradd --uid 10001 --gid 10001 --home-dir /nonexistent --no-create-home --shell /usr/sbin/nologin casework \
 && install --directory --owner 10001 --group 10001 --mode 0700 /var/lib/casework /var/lib/letters
COPY --from=build /opt/casework /opt/casework
ENV PATH=/opt/casework/bin:/usr/local/bin:/usr/bin:/bin PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER 10001:10001
CMD ["casework", "--help"]
