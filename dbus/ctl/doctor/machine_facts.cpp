// What the files, sockets, processes and accounts of the machine tell.

#include <elf.h>
#include <fcntl.h>
#include <grp.h>
#include <link.h>
#include <pwd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>

#include "dbus/ctl/doctor/gather.h"

namespace edgeseal::ctl {
namespace {

constexpr std::size_t kMostFiles = 1000;

enum ReadOutcome { Readable = 0, NotReadable = 1, NotBecome = 2 };

// In the child.
[[noreturn]] void try_to_read(const passwd& account, const std::filesystem::path& file) {
  if (initgroups(account.pw_name, account.pw_gid) != 0 || setgid(account.pw_gid) != 0 || setuid(account.pw_uid) != 0)
    _exit(NotBecome);
  const int fd = open(file.c_str(), O_RDONLY | O_CLOEXEC);
  _exit(fd < 0 ? NotReadable : Readable);
}

// As <elf.h> has it for programs of this width.
struct AuxiliaryEntry {
  ElfW(Addr) type, value;
};

bool is_secure(std::istream& vector) {
  for (AuxiliaryEntry entry{}; vector.read(reinterpret_cast<char*>(&entry), sizeof(entry));)
    if (entry.type == AT_SECURE) return entry.value != 0;
  return false;
}

}  // namespace

FileFact file_fact(const std::filesystem::path& path) {
  struct stat status {};
  FileFact fact;
  fact.path = path.string();
  if (lstat(path.c_str(), &status) != 0) {
    fact.is_missing = errno == ENOENT;
    fact.error = std::strerror(errno);
    return fact;
  }
  fact.owner = status.st_uid;
  fact.mode = S_ISLNK(status.st_mode) ? 0 : status.st_mode;
  return fact;
}

std::vector<FileFact> file_facts_below(const std::filesystem::path& directory) {
  std::vector<FileFact> facts{file_fact(directory)};
  std::error_code error;
  for (std::filesystem::recursive_directory_iterator entry(directory, error), end;
       !error && entry != end && facts.size() < kMostFiles; entry.increment(error))
    facts.push_back(file_fact(entry->path()));
  if (error && !facts.front().is_missing) facts.front().error = error.message();
  return facts;
}

std::string problem_of_socket(const std::filesystem::path& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.string().size() >= sizeof(address.sun_path)) return path.string() + ": the path is too long";
  path.string().copy(address.sun_path, sizeof(address.sun_path) - 1);
  const sdbus::UnixFd fd(socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), sdbus::adopt_fd);
  if (connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0) return "";
  return "nobody answers on " + path.string() + ": " + std::strerror(errno);
}

// Where the directory is, journald writes into it unless it is told otherwise.
Known<bool> keeps_journal(const std::filesystem::path& directory) {
  std::error_code error;
  const bool has_entries =
      std::filesystem::is_directory(directory, error) && !std::filesystem::is_empty(directory, error);
  if (error && error != std::errc::no_such_file_or_directory)
    return {std::nullopt, directory.string() + ": " + error.message()};
  return {has_entries, ""};
}

Known<ProcessFact> process_fact(std::uint32_t number, const std::filesystem::path& processes) {
  const auto process = processes / std::to_string(number);
  errno = 0;
  std::ifstream maps(process / "maps"), vector(process / "auxv", std::ios::binary);
  if (!maps || !vector)
    return {std::nullopt, errno == EACCES || errno == EPERM ? "only root can see what it has loaded"
                                                            : process.string() + ": " + std::strerror(errno)};
  ProcessFact fact;
  fact.is_secure = is_secure(vector);
  for (std::string line; std::getline(maps, line);) {
    fact.has_libcrypto |= line.find("/libcrypto.so") != std::string::npos;
    fact.has_provider |= line.find("/edgeseal.so") != std::string::npos;
  }
  return {fact, ""};
}

Known<bool> can_read(const std::string& account, const std::filesystem::path& file) {
  const passwd* entry = getpwnam(account.empty() ? "root" : account.c_str());
  if (entry == nullptr) return {std::nullopt, "there is no account " + account};
  if (geteuid() != 0) return {std::nullopt, "only root can find out whether its account can read the key reference"};
  const pid_t child = fork();
  if (child == 0) try_to_read(*entry, file);
  int status = 0;
  if (child < 0 || TEMP_FAILURE_RETRY(waitpid(child, &status, 0)) != child || !WIFEXITED(status) ||
      WEXITSTATUS(status) == NotBecome)
    return {std::nullopt, "can't become the account " + account};
  return {WEXITSTATUS(status) == Readable, ""};
}

}  // namespace edgeseal::ctl
