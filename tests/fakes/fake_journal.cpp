#include "tests/fakes/fake_journal.h"

#include <fcntl.h>
#include <sys/uio.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

#include <cstdlib>
#include <mutex>
#include <span>
#include <string_view>
#include <utility>

namespace edgeseal::test {

namespace {

struct Entries {
  std::mutex mutex;  // several threads log
  std::vector<JournalEntry> all;
};

Entries& entries() {
  static Entries kept;
  return kept;
}

const bool listens = ::setenv("JOURNAL_STREAM", "8:1", 1) == 0;

void write(std::span<const iovec> fields) {
  JournalEntry entry;
  for (const iovec& field : fields) {
    const std::string_view text(static_cast<const char*>(field.iov_base), field.iov_len);
    const std::size_t name = text.find('=');
    entry.emplace(text.substr(0, name), text.substr(name + 1));
  }
  const std::scoped_lock lock(entries().mutex);
  entries().all.push_back(std::move(entry));
}

}  // namespace

std::vector<JournalEntry> take_journal() {
  const std::scoped_lock lock(entries().mutex);
  return std::exchange(entries().all, {});
}

}  // namespace edgeseal::test

extern "C" int sd_journal_sendv_with_location(const char*, const char*, const char*, const iovec* fields, int count) {
  edgeseal::test::write({fields, static_cast<std::size_t>(count)});
  return 0;
}

extern "C" int access(const char* path, int mode) noexcept {
  if (std::string_view(path) == "/run/systemd/journal/socket") return edgeseal::test::listens ? 0 : -1;
  return ::faccessat(AT_FDCWD, path, mode, 0);
}
