"""The one table of what the window can do: menus, tool bar, overlay of keys and command palette are made from it."""

from dataclasses import dataclass
from enum import Enum


class When(Enum):
    """What must hold for an action to be possible, in words that follow "possible when"."""

    ALWAYS = "always"
    READY = "no run is going on"
    RUNNING = "a run is going on"
    RECORDING = "a recording is shown"
    SAVEABLE = "a recording is shown and no run is going on"
    DEADLOCK = "a deadlock was found"
    MESSAGE = "there is a message"
    PARTLY = "only a part of the recording is in view"
    MOVED = "the view has been moved"
    TAKEN_BACK = "Back was the last to move the view"
    LEFT_BEHIND = "a run goes on and the view does not follow it"
    SELECTED = "something is selected"
    SLICE = "a slice is selected"
    HIDDEN = "lanes are hidden"
    UNFOLDED = "a process is unfolded"
    FOLDED = "a process is folded"


@dataclass(frozen=True)
class ActionSpec:
    """One action: `key` as Qt writes it, `menu` the menu it stands in; `begins`: a line stands above it there."""

    id: str
    text: str
    tip: str
    menu: str
    key: str = ""
    icon: str = ""
    when: When = When.ALWAYS
    checkable: bool = False
    begins: bool = False


@dataclass(frozen=True)
class KeyHint:
    """Keys that the timeline handles itself (they depend on the pointer or repeat while held down)."""

    keys: str
    does: str


ACTIONS = (
    ActionSpec("open", "Open recording…", "Open a recording from a file", "File", "Ctrl+O", "open"),
    ActionSpec(
        "open-sample", "Open sample recording", "Look at a recording that came with Lanescope", "File", icon="sample"
    ),
    ActionSpec(
        "save-as",
        "Save recording as…",
        "Keep this recording under a name of your own",
        "File",
        "Ctrl+S",
        "save",
        When.SAVEABLE,
    ),
    ActionSpec("new-window", "New window", "Open a second, independent window", "File", "Ctrl+N", begins=True),
    ActionSpec("preferences", "Preferences…", "Theme, colours, sampling, recordings folder", "File", "Ctrl+,"),
    ActionSpec(
        "quit", "Close window", "Close the window; while a run is going on it asks first", "File", "Ctrl+Q", begins=True
    ),
    ActionSpec(
        "copy",
        "Copy as text",
        "Copy what is selected on the timeline as a table that spreadsheets and editors understand",
        "Edit",
        "Ctrl+C",
        when=When.RECORDING,
    ),
    ActionSpec(
        "copy-picture",
        "Copy as picture",
        "Copy the selected span, or the whole view, as it looks",
        "Edit",
        "Ctrl+Shift+C",
        when=When.RECORDING,
    ),
    ActionSpec(
        "save-picture",
        "Save picture…",
        "Save the selected span, or the whole view, as a PNG file",
        "Edit",
        when=When.RECORDING,
    ),
    ActionSpec(
        "bookmark",
        "Bookmark…",
        "Leave a note at what is selected or under the pointer",
        "Edit",
        "B",
        "bookmark",
        When.RECORDING,
        begins=True,
    ),
    ActionSpec("next-bookmark", "Next bookmark", "Go to the next bookmark", "Edit", "Ctrl+B", when=When.RECORDING),
    ActionSpec(
        "previous-bookmark",
        "Previous bookmark",
        "Go to the bookmark before",
        "Edit",
        "Ctrl+Shift+B",
        when=When.RECORDING,
    ),
    ActionSpec(
        "search",
        "Search…",
        "Find states, locks, tasks, threads, source lines and bookmarks",
        "Search",
        "/",
        "search",
        When.RECORDING,
    ),
    ActionSpec("next-hit", "Next hit", "Go to the next hit of the search", "Search", "F3", "down", When.RECORDING),
    ActionSpec("previous-hit", "Previous hit", "Go to the hit before", "Search", "Shift+F3", "up", When.RECORDING),
    ActionSpec("run", "Run", "Run what is chosen and record it", "Run", "F5", "run", When.READY),
    ActionSpec(
        "run-program",
        "Run program…",
        "Run a script or a module of your own, unchanged, and watch it live",
        "Run",
        "Ctrl+R",
        "",
        When.READY,
    ),
    ActionSpec(
        "run-program-again",
        "Run program again",
        "Run the program of the last time once more, as it is now",
        "Run",
        "Ctrl+Shift+R",
        "",
        When.READY,
    ),
    ActionSpec(
        "stop",
        "Stop",
        "End the run, at the latest after 2 seconds; the recording is kept",
        "Run",
        "Shift+F5",
        "stop",
        When.RUNNING,
    ),
    ActionSpec(
        "deadlock",
        "Deadlock",
        "Run two threads that take two locks in opposite order, and watch them deadlock",
        "Run",
        "F6",
        "deadlock",
        When.READY,
        begins=True,
    ),
    ActionSpec(
        "deadlock-processes",
        "Deadlock between processes",
        "The same deadlock between two processes",
        "Run",
        "Shift+F6",
        "deadlock",
        When.READY,
    ),
    ActionSpec(
        "compare",
        "Compare",
        "Measure the chosen workload on several backends, worker counts and interpreters; once more goes back",
        "Run",
        "F7",
        "compare",
    ),
    ActionSpec(
        "show-deadlock",
        "Go to the deadlock",
        "Show the deadlock's lanes, moment and wait-for graph",
        "Run",
        "F8",
        "target",
        When.DEADLOCK,
        begins=True,
    ),
    ActionSpec(
        "dismiss-message", "Dismiss message", "Take away the uppermost message", "Run", "Shift+Esc", when=When.MESSAGE
    ),
    ActionSpec(
        "choose-scenario",
        "Find a scenario…",
        "Put the cursor into the search of the scenario list",
        "Run",
        "Ctrl+L",
        begins=True,
    ),
    ActionSpec(
        "choose-custom",
        "Edit custom workload",
        "Put together worker groups, locks and queues of your own",
        "Run",
        "Ctrl+E",
    ),
    ActionSpec("fit-all", "Fit all", "Show the whole recording", "Timeline", "Home", "fit", When.PARTLY),
    ActionSpec(
        "focus-selection", "Focus selection", "Zoom to what is selected", "Timeline", "F", "target", When.RECORDING
    ),
    ActionSpec("navigate-back", "Back", "Take the last zoom or pan back", "Timeline", "Ctrl+Z", "back", When.MOVED),
    ActionSpec(
        "navigate-forward", "Forward", "Go again where Back came from", "Timeline", "Ctrl+Shift+Z", when=When.TAKEN_BACK
    ),
    ActionSpec("follow", "Follow", "Let the view follow the run again", "Timeline", "End", "follow", When.LEFT_BEHIND),
    ActionSpec("clear-selection", "Clear selection", "Select nothing", "Timeline", "", "", When.SELECTED, begins=True),
    ActionSpec(
        "previous-alike",
        "Previous in the same state",
        "Select the lane's previous slice in the same state",
        "Timeline",
        when=When.SLICE,
    ),
    ActionSpec(
        "next-alike",
        "Next in the same state",
        "Select the lane's next slice in the same state",
        "Timeline",
        when=When.SLICE,
    ),
    ActionSpec(
        "select-view",
        "Select what is in view",
        "Select the span in view and see its statistics",
        "Timeline",
        "V",
        when=When.RECORDING,
    ),
    ActionSpec(
        "measure",
        "Measure",
        "Begin a ruler at the pointer or the selected slice; once more ends it",
        "Timeline",
        "M",
        when=When.RECORDING,
    ),
    ActionSpec(
        "times-start",
        "Times since the start",
        "Tell times since the start of the recording",
        "Timeline",
        checkable=True,
        begins=True,
        when=When.RECORDING,
    ),
    ActionSpec(
        "times-selection",
        "Times since the selection",
        "Tell times since the start of the selected slice or span",
        "Timeline",
        checkable=True,
        when=When.RECORDING,
    ),
    ActionSpec(
        "times-clock",
        "Time of day",
        "Tell times as the clock on the wall showed them",
        "Timeline",
        checkable=True,
        when=When.RECORDING,
    ),
    ActionSpec(
        "next-times",
        "Other times",
        "Tell times in the next way: since the start, since the selection, time of day",
        "Timeline",
        "T",
        when=When.RECORDING,
    ),
    ActionSpec(
        "find-lane", "Find a lane…", "Go to a lane by any letters of its name", "Lanes", "Ctrl+F", when=When.RECORDING
    ),
    ActionSpec(
        "filter-lanes",
        "Filter lanes…",
        "Show only lanes whose name, process or pid contains what you type",
        "Lanes",
        "Ctrl+Shift+F",
        when=When.RECORDING,
    ),
    ActionSpec(
        "pin-lane",
        "Pin to the top",
        "Keep the selected lane at the top while the others scroll, or let it go back",
        "Lanes",
        "P",
        when=When.RECORDING,
        checkable=True,
        begins=True,
    ),
    ActionSpec(
        "hide-lane", "Hide", "Hide the selected lane, or all of the selected process", "Lanes", "H", when=When.RECORDING
    ),
    ActionSpec(
        "hide-others", "Hide all others", "Show only the selected lane or process", "Lanes", when=When.RECORDING
    ),
    ActionSpec(
        "show-hidden",
        "Show all lanes",
        "Show hidden lanes again and end the filter",
        "Lanes",
        "Shift+H",
        when=When.HIDDEN,
    ),
    ActionSpec(
        "fold-group",
        "Fold or unfold the process",
        "Show a process as one row that sums it up, or all its lanes (Enter)",
        "Lanes",
        when=When.RECORDING,
        begins=True,
    ),
    ActionSpec("fold-all", "Fold all processes", "Show every process as one row", "Lanes", when=When.UNFOLDED),
    ActionSpec("unfold-all", "Unfold all processes", "Show all lanes of every process", "Lanes", when=When.FOLDED),
    ActionSpec(
        "sort-started",
        "Sort as started",
        "Lanes and processes in the order in which they started",
        "Lanes",
        checkable=True,
        begins=True,
        when=When.RECORDING,
    ),
    ActionSpec(
        "sort-name", "Sort by name", "Lanes and processes by name", "Lanes", checkable=True, when=When.RECORDING
    ),
    ActionSpec(
        "sort-wait",
        "Sort by time waited",
        "The longest waiting first: locks, GIL, cores, everything else",
        "Lanes",
        checkable=True,
        when=When.RECORDING,
    ),
    ActionSpec(
        "sort-lock-wait",
        "Sort by time waited for locks",
        "Those that waited longest for locks first",
        "Lanes",
        checkable=True,
        when=When.RECORDING,
    ),
    ActionSpec("rows-higher", "Higher rows", "Make rows higher", "Lanes", "Ctrl++", when=When.RECORDING, begins=True),
    ActionSpec("rows-lower", "Lower rows", "Make rows lower", "Lanes", "Ctrl+-", when=When.RECORDING),
    ActionSpec(
        "rows-fit",
        "Rows as high as they fit",
        "Let the height of rows follow the room there is",
        "Lanes",
        when=When.RECORDING,
        checkable=True,
    ),
    ActionSpec("names-wider", "Wider names", "Give the names more room", "Lanes", when=When.RECORDING),
    ActionSpec("names-narrower", "Narrower names", "Give the names less room", "Lanes", when=When.RECORDING),
    ActionSpec(
        "theme", "Dark or light", "Switch between the dark and the light theme", "View", "Ctrl+Shift+T", "theme"
    ),
    ActionSpec("palette", "Command palette…", "Find and do anything by typing", "View", "Ctrl+Shift+P"),
    ActionSpec(
        "plots",
        "Plots",
        "Show or hide the plots below the timeline",
        "View",
        "Ctrl+0",
        "plots",
        checkable=True,
        begins=True,
        when=When.RECORDING,
    ),
    ActionSpec("reset-layout", "Reset layout", "Put every panel back in its place", "View"),
    ActionSpec("keys", "Keys", "Show all keys", "Help", "?"),
    ActionSpec("guide", "Guide", "A short guide to what can be done here", "Help", "F1"),
    ActionSpec("colours", "What the colours mean", "States and their colours", "Help"),
    ActionSpec("show-log", "Where the log is", "Show where unexpected errors are logged", "Help", begins=True),
)

TIMELINE_MENU = "Timeline"
LANES_MENU = "Lanes"
EDIT_MENU = "Edit"
IN_TIMELINE = (EDIT_MENU, TIMELINE_MENU, LANES_MENU)  # their keys mean other things in tables and trees
MENUS = ("File", EDIT_MENU, "Search", "Run", TIMELINE_MENU, LANES_MENU, "View", "Help")

TIMELINE_KEYS = (
    KeyHint("W  S", "Zoom in and out"),
    KeyHint("A  D  ←  →", "Pan"),
    KeyHint("Shift + ←  →", "Pan by a whole view"),
    KeyHint("↑  ↓", "Select the lane above or below"),
    KeyHint("Page ↑  Page ↓", "Scroll lanes"),
    KeyHint("Enter", "Fold or unfold a process"),
    KeyHint(".  ,", "Next and previous slice of the lane"),
    KeyHint("Shift + .  ,", "The same, in the same state"),
    KeyHint("[  ]", "Follow a hand-off back or on"),
    KeyHint("Menu", "What can be done with the lane"),
    KeyHint("Esc", "Clear ruler, selection, filter"),
)

POINTER_KEYS = (
    KeyHint("Ctrl + wheel", "Zoom at the pointer"),
    KeyHint("Wheel", "Scroll lanes"),
    KeyHint("Shift + wheel", "Pan"),
    KeyHint("Drag", "Select a span and see its statistics"),
    KeyHint("Ctrl + drag", "Measure; ends snap to slices"),
    KeyHint("Shift + drag", "Pan (also with the middle button)"),
)
