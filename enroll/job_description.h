#pragma once

#include <string>

#include "dbus/variant_map.h"
#include "enroll/job.h"

namespace edgeseal::enroll {

// What Job1.Take answers, as a job. The secret is read from its memory file, which is closed with the map. Throws
// Error{policy} for what this program can't do, or doesn't understand.
[[nodiscard]] Job job_of(const std::string& name, const dbus::VariantMap& work);

// What Staging1.TakeDownload answers: where the server is and whom to trust.
[[nodiscard]] Job download_of(const std::string& url, const dbus::VariantMap& work);

// What Enrolment1.TakeContact answers: of the job, where the server is and whom to trust.
[[nodiscard]] Job contact_of(const std::string& profile, const dbus::VariantMap& work);

}  // namespace edgeseal::enroll
