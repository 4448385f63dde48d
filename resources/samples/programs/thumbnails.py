"""A pool of threads that reads, computes and writes: where does the time go?

The pictures are made up; the reading (a sleep), the hashing (without the GIL) and the counting (with it) are real work.
"""

import hashlib
import time
from concurrent.futures import ThreadPoolExecutor


def read_picture(number: int) -> bytes:
    time.sleep(0.02)  # a slow disk
    return number.to_bytes(4, "big") * 500_000


def checksum(picture: bytes) -> str:
    return hashlib.sha256(picture).hexdigest()


def histogram(picture: bytes) -> list[int]:
    counts = [0] * 256
    for value in picture[::40]:
        counts[value] += 1
    return counts


def thumbnail(number: int) -> str:
    picture = read_picture(number)
    counts = histogram(picture)
    return f"picture {number}: {checksum(picture)[:8]}, most often {counts.index(max(counts))}"


def main() -> None:
    with ThreadPoolExecutor(4, thread_name_prefix="thumbnails") as pool:
        for line in pool.map(thumbnail, range(40)):
            print(line, flush=True)


if __name__ == "__main__":
    main()
