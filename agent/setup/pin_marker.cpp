#include "agent/setup/pin_marker.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "agent/journal.h"
#include "policy/unique_fd.h"

namespace edgeseal::agent {

PinMarker::PinMarker(const std::string& directory) : path_(directory + "/pin-wanted") {
  clear();
}

void PinMarker::show(const std::string& session) const {
  const policy::UniqueFd file(open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
  const std::string line = session + "\n";
  if (!file || write(file.get(), line.data(), line.size()) != static_cast<ssize_t>(line.size()))
    log(Level::warning, Event::disk_trouble,
        fmt::format("{}: {}; nobody at the console is asked for the PIN; remedy: edgesealctl bundle submit-pin", path_,
                    std::strerror(errno)));
}

void PinMarker::clear() const {
  unlink(path_.c_str());
}

}  // namespace edgeseal::agent
