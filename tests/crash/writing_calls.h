#pragma once

#include <linux/filter.h>
#include <linux/seccomp.h>

#include <string>
#include <vector>

namespace edgeseal::crash {

// A system call by which a program changes something outside of itself: bytes, names, lengths, modes, and when they are
// durable. What is written through a shared mapping is not seen; of the agent that is the -shm file of SQLite, which a
// restart makes anew.
struct WritingCall {
  enum class Target {
    none,
    descriptor,       // argument 0
    path,             // argument 0
    path_at,          // argument 1, in the directory of argument 0
    last_path,        // argument 1
    last_path_at,     // argument 2, in the directory of argument 1
    two_paths,        // arguments 0 and 1
    two_paths_at,     // arguments 1 and 3, in those of 0 and 2
    opened,           // path with the flags of argument 1: only where it creates or empties the file
    opened_at,        // path_at with the flags of argument 2
    opened_by_record  // path_at with the flags in the record of argument 2
  };
  enum class Effect { other, takes_space, syncs };

  int number;
  const char* name;
  Target target;
  Effect effect;
};

// Null for a call that writes nothing.
[[nodiscard]] const WritingCall* find_writing_call(int number);

// Lets everything pass but the writing calls, of which the listener is told.
[[nodiscard]] const std::vector<sock_filter>& writing_calls_filter();

}  // namespace edgeseal::crash
