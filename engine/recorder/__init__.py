"""The recorder process: starts a program, drains its rings, samples it, watches for deadlock, writes the recording.

    request, control       what is asked for, and the small channel to whoever asked
    run_folder, launch, tree     the private folder, the program, everything it started and how to end it
    rings, texts, cells    reading what traced processes write
    registry, naming       numbers of lanes, primitives, sites; names found in the source
    sources                the source files, to find names in and to keep
    sampler, slicer        what the system says about threads; slices out of waits and samples
    open_rows, watch       what is going on now; deadlocks
    output, resources      what the program prints; what it uses
    recorder               one run, cycle by cycle

Started as a process of its own (`__main__`); `engine.session` is what starts it.
"""
