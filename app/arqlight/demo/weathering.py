"""The weather of any day as a part of the show: it has no jobs, and nothing to account for."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from arqlight.demo.telling import Section
from arqlight.demo.traffic import Ground, System
from arqlight.demo.weather import CYCLE, GENTLE


class GentleWeather:
    """Plays the table until the end."""

    settled = True

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    async def run(self) -> None:
        """Round after round, unless only a scenario makes the weather."""
        await self._ground.weather.play(() if self._ground.calm else GENTLE, CYCLE)

    def wind_down(self) -> None:
        """What has begun may end."""

    async def look(self) -> None:
        """There is nothing to see."""

    def section(self) -> Section | None:
        """And nothing to tell."""
        return None


@asynccontextmanager
async def gentle_weather(ground: Ground) -> AsyncGenerator[GentleWeather]:
    """It needs no world of its own."""
    yield GentleWeather(ground)


WEATHER = System((), gentle_weather)
