#include "dbus/ctl/progress.h"

#include <unistd.h>

#include <cstdio>
#include <utility>

namespace edgeseal::ctl {
namespace {

constexpr size_t kMuch = 1024 * 1024;

}  // namespace

Progress::Progress(std::string what, size_t bytes)
    : what_(std::move(what)), bytes_(bytes), shown_(bytes >= kMuch && isatty(STDERR_FILENO) == 1) {}

Progress::~Progress() {
  if (shown_) std::fputs("\r\033[K", stderr);
}

void Progress::reached(size_t bytes) const {
  if (shown_) std::fprintf(stderr, "\r%s: %zu %%\033[K", what_.c_str(), bytes * 100 / bytes_);
}

}  // namespace edgeseal::ctl
