"""What XLA has compiled in this process so far: one entry for each compilation."""

import jax

COMPILATIONS: list[str] = []

jax.monitoring.register_event_duration_secs_listener(
    lambda event, duration, **_: COMPILATIONS.append(event) if "backend_compile" in event else None
)
