#pragma once

#include <stdexcept>
#include <string>

namespace edgeseal::audit {

// The only exception that leaves audit/. what() reads "<file>: <problem>".
class Error : public std::runtime_error {
 public:
  Error(const std::string& file, const std::string& problem) : std::runtime_error(file + ": " + problem) {}
};

}  // namespace edgeseal::audit
