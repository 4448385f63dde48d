"""The one converter between pixels and nanoseconds."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TimeScale:
    """Maps times to logical pixels: `start_ns` lies at x = `left_px`, one pixel is `ns_per_px` long."""

    start_ns: float
    ns_per_px: float
    left_px: float = 0.0

    @classmethod
    def fit(cls, start_ns: float, end_ns: float, width_px: float, left_px: float = 0.0) -> "TimeScale":
        """Shows start to end on `width_px` pixels; less than one pixel counts as one."""
        return cls(start_ns, (end_ns - start_ns) / max(width_px, 1.0), left_px)

    def x(self, time_ns: float) -> float:
        return self.left_px + (time_ns - self.start_ns) / self.ns_per_px

    def time(self, x_px: float) -> float:
        return self.start_ns + (x_px - self.left_px) * self.ns_per_px

    def width(self, duration_ns: float) -> float:
        """Pixels that a duration takes."""
        return duration_ns / self.ns_per_px

    def duration(self, width_px: float) -> float:
        """Nanoseconds that a number of pixels stands for."""
        return width_px * self.ns_per_px
