#pragma once

#include <string>

namespace edgeseal::test {

// What the servers of these tests and their device both know.
inline const std::string server_reference = "device 4711";
inline const std::string server_secret = "Uu4-thahP2chieNg0eic";

}  // namespace edgeseal::test
