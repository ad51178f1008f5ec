#pragma once

#include <string>

#include "enroll/error.h"
#include "journal/entry.h"

namespace edgeseal::enroll {

using journal::Field;
using journal::Level;

enum class Event {
  job_failed,
  job_waits,             // for the server, or for a person
  job_given_back,        // the agent does not want it any more
  helper_failed,         // of the integrator
  certificate_modified,  // by the authority
  anchors_not_taken,     // others than those in force, which the certificate may be good under all the same
  announcement_ignored,  // of a server in the network
  not_running
};

// One entry in the journal. From any thread. Secrets never.
void log(Level level, Event event, const std::string& text);
void log(Level level, Event event, const std::string& job, const std::string& text);
void log(Level level, Event event, const std::string& job, const Error& error);

}  // namespace edgeseal::enroll
