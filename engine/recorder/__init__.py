"""The recorder process: starts a program, drains its rings, samples it, watches for deadlock, writes the recording.

    request, control             what is asked for, and the small channel to whoever asked
    run_folder, launch, tree     the private folder, the program, all it started
    ending, warden, killing      how it is ended: asked, told, in time brought to a standstill and killed
    descriptors                  how many files this process may have open, and who gets them
    rings, texts, tracing        reading what traced processes write, as they come and go
    registry, primitives, naming, sources    numbers of lanes, primitives, sites; names from sources, which are kept
    sampler, portable_sampler    what the system says about threads
    looks, pace                  looks at those that run, as often as is worth it; who has which GIL (gil_watch)
    interpreter_memory           what interpreters say of themselves (elf, interpreter_layout)
    slicer, timeline             slices and other rows out of all that and of records
    open_holds, events           locks held now; frames that tell something
    watch, enablers, outsiders   deadlocks; who could end a wait; signal handlers and native threads that might
    full_pipes, open_files       processes that are stuck at a pipe, who could let them go on; who has what open
    long_waits, participants, asleep     what would be a deadlock but for one thing; what is said of a knot's threads
    output                       what the program prints
    resources, system_accounts   what it uses: processes, threads, cores
    costs                        what tracing costs it
    recorder                     one run, cycle by cycle

Started as a process of its own (`__main__`); `engine.session` is what starts it.
"""
