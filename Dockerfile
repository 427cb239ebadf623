FROM python:3.12-slim AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /venv
COPY requirements/portal.txt /
RUN /venv/bin/pip install --require-hashes --no-deps -r /portal.txt

FROM python:3.12-slim
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 MALLOC_ARENA_MAX=1 PORTAL_DATA_DIR=/data PORTAL_HOST=0.0.0.0
# pg_dump and pg_restore, for backups.
RUN apt-get update && apt-get install --yes --no-install-recommends postgresql-client \
    && rm -rf /var/lib/apt/lists/*
RUN useradd --system --uid 10001 --home-dir /nonexistent portal \
    && install -d -o portal -g portal -m 700 /data
COPY --from=build /venv /venv
WORKDIR /portal
COPY . .
RUN pybabel --quiet compile --domain django --directory locale \
    && pybabel --quiet compile --domain django --directory ultahost_api/locale
# The settings want a data folder even to collect files; what this one generates stays out of the image.
RUN PORTAL_DATA_DIR=/tmp/build python manage.py collectstatic --no-input --verbosity 0 \
    && rm -r /tmp/build && python -m compileall -q portal ultahost_api
USER portal
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=15s --start-period=20s CMD ["python", "-c", \
    "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/readyz', timeout=14)"]
CMD ["gunicorn", "--config", "python:portal.running.web.config", "--bind", "0.0.0.0:8000"]
