# Which of CPython's own tests our containers do not take, each with the rule that forces it.
#
# A name is that of a test, of a class of tests, or CLASS.TEST. At most a fifth of a suite stands
# here, and none that would pass; tests hold both.
from __future__ import annotations

# Classes of test.test_set that are about frozenset and about subclasses of set.
OTHER_TYPES = ("Frozen", "Subclass")

DECLARED = "S1: a container comes to be by being declared or put into the state, not by its class"
FINAL = "S1: the containers are what a field of the state is; nobody derives another from them"
NO_CYCLE = "S6: a container cannot be put into itself, and is nested at most 200 deep"
NO_WAY_BACK = "S2: a leaf cannot change, so it cannot come to hold the container that it stands in"

LIST = {
    "test_addmul": "R18b: list + ours is an error, else `x += ours` would make another list of x",
    "test_free_after_iterating": FINAL,
    "test_getitemoverwriteiter": FINAL,
}

SKIPS: dict[str, dict[str, str]] = {
    "seq": LIST,
    "list": {
        **LIST,
        "test_init": DECLARED,
        "test_repr": NO_CYCLE,
        "test_repr_deep": NO_CYCLE,
    },
    "mapping": {
        "test_copy": "S6: a copy has no place, so it is a plain dict",
        "test_fromkeys": DECLARED,
        "test_repr": NO_CYCLE,
        "test_repr_deep": NO_CYCLE,
    },
    "set": {
        "test_container_iterator": NO_WAY_BACK,
        "test_cyclical_repr": NO_WAY_BACK,
        "test_do_not_rehash_dict_keys": "S1: what is put in becomes ours, and is hashed for that",
        "test_free_after_iterating": FINAL,
        "test_init": DECLARED,
        "test_iterator_pickling": "R16: what is stored is values, and an iterator is none",
        "test_new_or_init": DECLARED,
        "TestSet.test_pickling": "S4: attributes belong to the routine; a container has none",
        "test_subclass_with_custom_hash": FINAL,
        "test_weakref": "S1: the state holds its containers, so none ends with a variable",
        "test_iter_and_mutate": "S1: each change meanwhile is told, also one that is made good",
    },
}
