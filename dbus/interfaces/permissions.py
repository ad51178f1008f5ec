"""Who may call which method, by its privilege and by whose application it is about: the rules of dbus/authority.cpp as a table.

tests/bus/permissions_test.cpp calls every method as every caller and compares what happens with it.
"""
CALLERS = ("root", "administrator", "own account", "other application's account", "account of edgeseal-enroll", "other user")

YES, CLIENT, POLKIT, NO = "yes", "client", "polkit", "no"
OF_APPLICATIONS = ("manage-certificates", "manage-trust", "open-setup")
NOT_FOR_ADMINISTRATORS = ("report-presence", "run-jobs")
OBJECTS_OF_APPLICATIONS = ("/org/edgeseal/application/", "/org/edgeseal/job/")
NOBODYS = "none"  # in the place of such an argument: a person's act, whosever the object is


def permissions(privilege, object_path, delegation, names_application):
    """One of the four words for each of CALLERS. `names_application`: the argument that says whose application it is about."""
    stranger = NO if privilege in NOT_FOR_ADMINISTRATORS else POLKIT
    if privilege == "inspect":
        stranger = YES
    administrator = NO if privilege in NOT_FOR_ADMINISTRATORS else YES
    of_any_application = YES if privilege == "inhibit" else stranger
    own = own_permission(privilege, delegation) if of_an_application(
        object_path, delegation, names_application) else None
    runner = YES if privilege == "run-jobs" else stranger
    return YES, administrator, own or of_any_application, of_any_application, runner, stranger


def of_an_application(object_path, delegation, names_application):
    if names_application == NOBODYS:
        return False
    return bool(object_path.startswith(OBJECTS_OF_APPLICATIONS) or delegation or names_application)


def own_permission(privilege, delegation):
    """Of the account for its own application; None: nothing that others have not."""
    if privilege not in OF_APPLICATIONS:
        return None
    return CLIENT if delegation in ("encrypted", "authenticated") or privilege == "open-setup" else YES


TEXT = f"""## Who may call which method

| word | with polkit on the bus | without |
|---|---|---|
| `yes` | let in | let in |
| `client` | let in for a client of it that it names (see Delegation; for `open-setup` by the option `application`); else as `polkit` | the same; else refused |
| `polkit` | polkit decides; as shipped it wants an administrator's password, which counts only where the call allows interaction | refused |
| `no` | polkit decides; as shipped it refuses | refused |

Root, the account of an application for that application, every such account for `inhibit`, and the account of edgeseal-enroll for `run-jobs`
are let in before polkit is asked. For the others a `yes` is what the shipped rules of polkit say (`org.edgeseal.policy`,
`org.edgeseal.rules`), which an integrator may change. `open-setup` is shipped so that whoever sits at the device may. A refused call has the error `UserAccessDenied`, before its arguments are looked at.

While the device is being onboarded, the account of its Device Configuration Application is let in for a client of it as
the own account of every other application is ([onboarding.md](onboarding.md)).

"""


def reference(rows):
    """`rows`: (method, privilege, permissions)."""
    lines = ["| method | privilege | " + " | ".join(CALLERS) + " |", "|" + "---|" * (2 + len(CALLERS))]
    lines += [f"| `{method}` | `{privilege}` | " + " | ".join(words) + " |" for method, privilege, words in rows]
    return TEXT + "\n".join(lines) + "\n\n"
