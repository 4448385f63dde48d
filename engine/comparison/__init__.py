"""The same work on several backends, with several worker counts, on several interpreters, measured side by side.

    plan       what is to be run: variants, in which order
    course     which trial is next, how often each variant is tried
    trial      one recording in numbers: throughput, start-up, memory, where the workers' time went
    result     all trials put together: medians and spread, speed-up, efficiency; read from and written to JSON
    traits     the classic table of backends, each cell a number of this comparison
    advice     findings that rest on the numbers
    run        carries a plan out, one trial after another

`run.carry_out` blocks: the command line calls it, the window has `main.py compare` do it in a helper process.
"""
