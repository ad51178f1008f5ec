#pragma once

#include <map>
#include <string>

#include <sdbus-c++/sdbus-c++.h>

#include "enroll/job.h"

namespace edgeseal::enroll {

using Work = std::map<std::string, sdbus::Variant>;

// What Job1.Take answers, as a job. The secret is read from its memory file, which is closed with the map. Throws
// Error{policy} for what this program can't do, or doesn't understand.
[[nodiscard]] Job job_of(const std::string& name, const Work& work);

}  // namespace edgeseal::enroll
