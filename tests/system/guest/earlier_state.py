#!/usr/bin/python3
"""earlier_state.py DATABASE SCHEMA-SOURCE SCHEMA: makes the state what the release of that schema would have written.

The tables are made by the same scripts that the agent upgrades with, and filled with what of today's rows fits into them."""
import os
import re
import shutil
import sqlite3
import sys

database, source, schema = sys.argv[1], sys.argv[2], int(sys.argv[3])
with open(source, encoding="utf-8") as text:
    scripts = re.findall(r'R"sql\((.*?)\)sql"', text.read(), re.DOTALL)
assert 0 < schema < len(scripts), f"{len(scripts)} schemas are known"


def names(query):
    return [row[0] for row in earlier.execute(query)]


def columns(table):
    return set(names(f"SELECT name FROM pragma_table_info('{table}', 'main')"))


if os.path.exists(database + ".earlier"):
    os.remove(database + ".earlier")
earlier = sqlite3.connect(database + ".earlier", isolation_level=None)
for script in scripts[:schema]:
    earlier.executescript(script)
earlier.execute("ATTACH ? AS today", (database,))
for table in names("SELECT name FROM main.sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'"):
    today = set(names(f"SELECT name FROM pragma_table_info('{table}', 'today')"))
    shared = ", ".join(sorted(columns(table) & today))
    if shared:
        earlier.execute(f"INSERT OR REPLACE INTO main.{table}({shared}) SELECT {shared} FROM today.{table}")
earlier.execute("DETACH today")
earlier.execute(f"PRAGMA user_version = {schema}")
earlier.close()

owner = os.stat(database)
os.chown(database + ".earlier", owner.st_uid, owner.st_gid)
shutil.copymode(database, database + ".earlier")
os.replace(database + ".earlier", database)
for log in ("-wal", "-shm"):
    if os.path.exists(database + log):
        os.remove(database + log)
