"""The portal's Celery application, but writing a page of domains fails as no code foresaw."""

from typing import Any

from celery.signals import worker_process_init

from portal.celery import app

__all__ = ["app"]


@worker_process_init.connect
def stumble_over_domains(**_: Any) -> None:
    from ultahost_api.refresh import pages

    real = pages.write

    def write(lease: Any, noun: Any, *told: Any, **how: Any) -> None:
        if noun.noun == "domains":
            raise RuntimeError("stumbled")
        real(lease, noun, *told, **how)

    pages.write = write
