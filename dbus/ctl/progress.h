#pragma once

#include <cstddef>
#include <string>

namespace edgeseal::ctl {

// One line on the standard error, where that is a terminal and there is much to do; gone when the work is done.
class Progress {
 public:
  Progress(std::string what, size_t bytes);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void reached(size_t bytes) const;

 private:
  std::string what_;
  size_t bytes_;
  bool shown_;
};

}  // namespace edgeseal::ctl
