# One image for every command: `web`, `worker`, `migrate`, or `up` for everything in one container.
FROM python:3.13-slim AS build
WORKDIR /src
RUN python -m venv /venv
COPY requirements.lock requirements-build.lock ./
RUN /venv/bin/pip install --no-cache-dir --require-hashes -r requirements.lock
COPY . .
# Node, for the pages' assets, comes from a wheel and stays in this stage.
RUN pip install --no-cache-dir --require-hashes -r requirements-build.lock \
    && pip wheel --no-cache-dir --no-build-isolation --no-deps --wheel-dir /wheels . \
    && /venv/bin/pip install --no-cache-dir --no-deps /wheels/*.whl

FROM python:3.13-slim
RUN useradd --system --create-home --home-dir /data --uid 10001 throughline
COPY --from=build /venv /venv
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    THROUGHLINE_HOME=/data \
    THROUGHLINE_HOST=0.0.0.0 \
    THROUGHLINE_LOG_FORMAT=json
USER throughline
VOLUME /data
EXPOSE 8000
ENTRYPOINT ["throughline"]
CMD ["up"]
