#pragma once

#include <optional>
#include <string>
#include <vector>

#include "agent/state/sqlite.h"
#include "agent/state/state.h"

// How the state keeps what applications declare, for the files that implement State. A digest beside each record finds
// bytes that the disk has changed: who may use keys must not come from these.
namespace edgeseal::agent {

// Both throw SqliteError for a record that its digest does not fit. By name.
[[nodiscard]] std::vector<ApplicationRecord> read_applications(Database& database);
[[nodiscard]] std::optional<ApplicationRecord> read_application(Database& database, const std::string& name);
// In the place of what has this name.
void write_application(Database& database, const ApplicationRecord& application);
// For those that a release without digests wrote.
void put_missing_application_digests(Database& database);

}  // namespace edgeseal::agent
