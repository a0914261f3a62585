"""Celery's side of jobs: one task, which may run twice at once and may be skipped without loss."""

from celery import shared_task

from admin.jobs import services

TIME_LIMIT_S = 3600


@shared_task(name="jobs.carry_on", time_limit=TIME_LIMIT_S)
def carry_on() -> None:
    """Do the jobs of staff that wait."""
    services.carry_on()
