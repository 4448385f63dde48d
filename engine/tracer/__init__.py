"""What runs inside the traced process: standard library only, no thread of its own, imports nothing but itself.

    layout      the contract with the recorder: ring file, cells, records, text frames
    originals   the interpreter's own functions, taken before anything is replaced
    ring · texts · sites · state · waits      how events get out: shared memory, text frames, interned code positions
    holds · contention · nesting      what all locks share: booking, waiting, what is acquired while others are held
    locks · rlocks · synchronisation · threads · raw_threads · queues · executors · blocking · output · signals
                a family of primitives each
    processes · process_locks · semlocks · process_queues · connections · pools · managers
                the same for multiprocessing
    imports     patches a module when it is first imported
    reporter    what the program may call through `sys.modules["_lanescope"]`: progress, task, mark
    install     puts it all together;  inject/sitecustomize.py loads this package by path as `_lanescope`

The traced program is never to notice: what cannot be recorded is dropped and counted, never raised.
"""
