#pragma once

#include <stdexcept>
#include <string>
#include <utility>

namespace edgeseal::policy {

// The only exception that leaves policy/. what() reads "<path>: <problem>"; the problem names cause and remedy.
class Error : public std::runtime_error {
 public:
  Error(std::string path, const std::string& problem)
      : std::runtime_error(path + ": " + problem), path_(std::move(path)) {}

  [[nodiscard]] const std::string& path() const noexcept { return path_; }

 private:
  std::string path_;
};

}  // namespace edgeseal::policy
