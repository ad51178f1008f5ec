#pragma once

#include <string>

#include "enroll/error.h"

namespace edgeseal::enroll {

enum class Level { warning = 4, notice = 5, information = 6 };  // of syslog(3)

// One line on standard error with the prefix that systemd reads (sd-daemon(3)). From any thread.
void log(Level level, const std::string& text);
void log(Level level, const std::string& job, const Error& error);

}  // namespace edgeseal::enroll
