# The warm interpreter: imports once, then lets the library fork it, one process per run. This process
# and its branches hold no data and never run an answer's code; a run's process returns from serve().
#
# Started as: python3 [options] THIS LIBRARY CHANNEL POLICY MODULE...
import atexit
import ctypes
import gc
import importlib
import io
import os
import sys
import types


def fresh_streams():
    # Made once, over descriptors of the kind that runs have: a file to read, pipes to write.
    reader, writer = os.pipe()
    kept = os.dup(1), os.dup(2)
    os.dup2(writer, 1)
    os.dup2(writer, 2)
    make_streams()
    os.dup2(kept[0], 1)
    os.dup2(kept[1], 2)
    for number in (reader, writer) + kept:
        os.close(number)


def make_streams():
    for number, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        old = getattr(sys, "__%s__" % name)
        stream = io.open(number, mode, encoding=old.encoding, errors=old.errors, newline="\n",
                         buffering=1 if name == "stderr" else -1, closefd=False)
        stream.buffer.raw.name = "<%s>" % name
        setattr(sys, name, stream)
        setattr(sys, "__%s__" % name, stream)


def fresh_main(script):
    main = types.ModuleType("__main__")
    main.__file__ = script
    main.__cached__ = None
    main.__builtins__ = sys.modules["builtins"]
    main.__annotations__ = {}
    sys.modules["__main__"] = main
    return main


def run(script, main):
    try:
        with io.open_code(script) as file:
            code = compile(file.read(), script, "exec", dont_inherit=True)
    except BaseException as error:
        sys.excepthook(type(error), error.with_traceback(None), None)
        return 1
    try:
        exec(code, main.__dict__)
    except SystemExit as end:
        if end.code is None:
            return 0
        if isinstance(end.code, int):
            return end.code & 0xFF
        print(end.code, file=sys.stderr)
        return 1
    except BaseException as error:
        # Without the frame of this file, as if the script had been started by name.
        error.__traceback__ = error.__traceback__.tb_next
        sys.excepthook(type(error), error, error.__traceback__)
        return 130 if isinstance(error, KeyboardInterrupt) else 1
    return 0


def flush():
    try:
        sys.stdout.flush()
    except BaseException:
        return 120  # what the interpreter itself exits with
    finally:
        try:
            sys.stderr.flush()
        except BaseException:
            pass
    return 0


def bury(main):
    # Objects first, while what their destructors may use is still there: they can print once more.
    names = main.__dict__
    tools = (types.ModuleType, type, types.FunctionType, types.BuiltinFunctionType)
    for name in list(names):
        if not name.startswith("__") and not isinstance(names[name], tools):
            del names[name]
    names.clear()


def finish(main, code, leave):
    # The interpreter's own end in its order, without freeing what the kernel frees anyway.
    try:
        threading = sys.modules.get("threading")
        if threading:
            threading._shutdown()
        atexit._run_exitfuncs()
        flushed = [flush()]
        bury(main)
        flushed.append(flush())
        code = code or max(flushed)
    finally:
        leave(code)


def strings(block):
    return [os.fsdecode(part) for part in block.split(b"\0")[:-1]]


def told(library, which):
    size = ctypes.c_size_t()
    return strings(ctypes.string_at(library.laconic_argument(which, ctypes.byref(size)), size.value))


def set_environment(entries):
    wanted = dict(entry.split("=", 1) for entry in entries)
    for name in [name for name in os.environ if name not in wanted]:
        del os.environ[name]
    for name, value in wanted.items():
        if os.environ.get(name) != value:
            os.environ[name] = value


def warm_up(library):
    # What a run does first costs more the first time: tables of the compiler, codecs, caches.
    told(library, 0)
    set_environment(["%s=%s" % pair for pair in os.environ.items()])
    os.environ["WARM"] = "1"
    del os.environ["WARM"]
    fresh_streams()
    kept = sys.modules["__main__"]
    program = fresh_main("/warm")
    text = "import sys\ndef f(x):\n    return [i for i in range(x)]\nclass C: pass\nprint(f(2), end='')\n"
    exec(compile(text, "/warm", "exec", dont_inherit=True), program.__dict__)
    run("/dev/null", program)
    sys.modules["__main__"] = kept
    flush()
    fresh_streams()


def serve():
    library = ctypes.PyDLL(sys.argv[1])
    library.laconic_argument.restype = ctypes.c_void_p
    channel, policy, modules = int(sys.argv[2]), int(sys.argv[3]), sys.argv[4:]
    for name in modules:
        try:
            importlib.import_module(name)
        except ImportError:
            pass  # the answer that asks for it will hear
    warm_up(library)
    gc.collect()
    gc.freeze()
    ctypes.pythonapi.PyOS_BeforeFork()
    if library.laconic_serve(channel, policy) != 0:
        os._exit(1)

    # From here on: the process of one run, inside its sandbox.
    ctypes.pythonapi.PyOS_AfterFork_Child()
    argv = told(library, 0)
    environment = told(library, 1)
    if environment:
        set_environment(environment)
    leave = os._exit
    script = os.path.join("/box", argv[0])
    sys.argv = argv
    sys.path[0] = os.path.dirname(script)
    main = fresh_main(script)
    finish(main, run(script, main), leave)


serve()
