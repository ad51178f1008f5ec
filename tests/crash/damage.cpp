#include "tests/crash/damage.h"

#include <fmt/format.h>
#include <sqlite3.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <random>
#include <stdexcept>

namespace edgeseal::crash {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t points = 200;  // of each file
constexpr std::size_t header_size = 100, sector_size = 512;
constexpr std::chrono::minutes repair_patience{2};  // for published files that are ahead of what is left of the state
// What is damaged is refused by these, with what to do.
constexpr std::array refusals = {std::string_view("org.edgeseal.Error.ResourceUnavailable"),
                                 std::string_view("org.edgeseal.Error.SecurityChecksFailed")};

struct Damage {
  std::string text;
  std::function<void(std::vector<char>&)> apply;
};

Damage flip(std::size_t offset, unsigned bit) {
  return {fmt::format("bit {} of byte {} is flipped", bit, offset), [=](std::vector<char>& content) {
            content[offset] = static_cast<char>(static_cast<unsigned char>(content[offset]) ^ (1U << bit));
          }};
}

Damage overwrite(std::size_t offset, char value) {
  return {fmt::format("the sector at {} is overwritten with {:#x}", offset, static_cast<unsigned char>(value)),
          [=](std::vector<char>& content) {
            const std::size_t end = std::min(offset + sector_size, content.size());
            std::fill(content.begin() + static_cast<long>(offset), content.begin() + static_cast<long>(end), value);
          }};
}

Damage cut(std::size_t size) {
  return {fmt::format("it is cut off at {}", size), [=](std::vector<char>& content) { content.resize(size); }};
}

// Somewhere in what is stored of an application.
std::size_t application_record(const std::vector<char>& content, std::mt19937& random) {
  const std::string uri = application_uri(kApplication);
  const auto found = std::search(content.begin(), content.end(), uri.begin(), uri.end());
  std::uniform_int_distribution<long> around(-8, 120);
  return static_cast<std::size_t>(std::clamp(found - content.begin() + around(random), 0L, std::ssize(content) - 1));
}

// One in four in the header, which is most of the structure; one in eight in the record of an application, which is
// small; of the others most in what is stored.
Damage damage_of(std::uint32_t seed, std::size_t point, const std::vector<char>& content) {
  std::mt19937 random(seed + static_cast<std::uint32_t>(point));
  const std::size_t size = content.size();
  const auto below = [&random](std::size_t end) {
    return std::uniform_int_distribution<std::size_t>(0, end - 1)(random);
  };
  const auto bit = static_cast<unsigned>(below(8));
  switch (point % 8) {
    case 0:
    case 1: return flip(below(std::min(size, header_size)), bit);
    case 2: return cut(below(size));
    case 3: return overwrite(below(size) / sector_size * sector_size, static_cast<char>(below(2) == 0 ? 0 : 0xff));
    case 4: return flip(application_record(content, random), bit);
    default: return flip(below(size), bit);
  }
}

std::vector<char> read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void write_file(const fs::path& path, const std::vector<char>& content) {
  std::ofstream(path, std::ios::binary).write(content.data(), static_cast<std::streamsize>(content.size()));
}

constexpr std::array list_properties = {" trusted",     " trusted CRLs",   " issuers",
                                        " issuer CRLs", " LastUpdateTime", " DefaultValidationOptions"};

std::vector<std::string> list_of(const View& view, const std::string& group) {
  std::vector<std::string> list;
  for (const char* property : list_properties) list.push_back(view.at(group + property));
  return list;
}

void copy_list(const View& from, const std::string& group, View& to) {
  for (const char* property : list_properties) to[group + property] = from.at(group + property);
  to[group + " Intact"] = from.at(group + " Intact");
}

// All of the log into the database.
void checkpoint(const fs::path& database) {
  sqlite3* opened = nullptr;
  const bool done = sqlite3_open(database.c_str(), &opened) == SQLITE_OK &&
                    sqlite3_exec(opened, "PRAGMA wal_checkpoint(TRUNCATE)", nullptr, nullptr, nullptr) == SQLITE_OK;
  sqlite3_close(opened);
  if (!done) throw std::runtime_error("cannot write the log of " + database.native() + " into it");
}

}  // namespace

DamageSweep::DamageSweep(Device& device, const Plant& plant, const Device::Snapshot& furnished, std::uint32_t seed)
    : device_(device), plant_(plant), seed_(seed) {
  device_.restore(furnished);
  checkpoint(device_.database());
  device_.start();
  {
    Client client(plant_);
    write_history(client);
  }
  in_log_ = device_.save();
  checkpoint(device_.database());
  in_database_ = device_.save();
}

void DamageSweep::write_history(Client& client) {
  const auto note = [&] { history_.push_back(look(device_, client.connection())); };
  note();
  client.renew(kHttpsSlot);
  note();
  Change change;
  client.stage_list(kHttpsGroup, plant_.full_list(), change);
  client.apply(kApplication);
  note();
  client.renew(kOpcUaSlot);
  note();
}

Findings DamageSweep::database(const Share& share) {
  return each_point(share, *in_database_, "state.db");
}

Findings DamageSweep::log(const Share& share) {
  return each_point(share, *in_log_, "state.db-wal");
}

Findings DamageSweep::each_point(const Share& share, const Device::Snapshot& snapshot, const std::string& file) {
  Findings findings;
  const fs::path path = device_.database().parent_path() / file;
  for (std::size_t point = share.first; point <= std::min(share.last, points); point += share.step) {
    device_.restore(snapshot);
    std::vector<char> content = read_file(path);
    const Damage damage = damage_of(seed_, point, content);
    damage.apply(content);
    write_file(path, content);
    ++findings.points;
    try {
      ++(judge() ? findings.kept : findings.changed);
    } catch (const std::exception& error) {
      findings.problems.push_back(fmt::format("{}, point {}: {}: {}\n  the agent said:\n{}", file, point, damage.text,
                                              error.what(), device_.agent().log()));
      fmt::print(stderr, "{}\n", findings.problems.back());
    }
  }
  return findings;
}

bool DamageSweep::judge() {
  try {
    if (device_.try_start()) return judge_view();
    judge_refusal();
  } catch (const TpmReplaced&) {
  } catch (const KeyRefused&) {
  }
  return false;
}

void DamageSweep::judge_refusal() const {
  const int status = device_.agent().wait_for_end();
  const std::string log = device_.agent().log();
  if (!WIFEXITED(status) || WEXITSTATUS(status) != EXIT_FAILURE ||
      log.find(device_.database().parent_path()) == std::string::npos || log.find("remedy") == std::string::npos)
    throw std::runtime_error(fmt::format("it ends with status {:#x}", status));
}

bool DamageSweep::judge_view() {
  Client client(plant_);
  const auto end = std::chrono::steady_clock::now() + repair_patience;
  while (true) try {
      const View view = look(device_, client.connection());
      if (!is_of_history(view)) (void)side_of(view, history_.front(), history_.back());
      return view == history_.back();
    } catch (const sdbus::Error& error) {
      if (std::ranges::find(refusals, error.getName()) == refusals.end() ||
          error.getMessage().find("remedy") == std::string::npos)
        throw;
      return false;
    } catch (const KeyRefused&) {
      throw;
    } catch (const std::runtime_error&) {  // Mixed, or a file that was replaced while it was read
      if (std::chrono::steady_clock::now() > end) throw;
    }
}

// Or with trust lists that are not intact and for which an earlier one, or none, is in use.
bool DamageSweep::is_of_history(const View& view) const {
  return std::ranges::any_of(history_, [&](const View& past) {
    View seen = view;
    for (const std::string group : {"web/https", "web/application", "other/https"})
      if (view.at(group + " Intact") == "false" && is_earlier_list(view, group)) copy_list(past, group, seen);
    return seen == past;
  });
}

bool DamageSweep::is_earlier_list(const View& view, const std::string& group) const {
  const std::string no_list = "0 " + fingerprint(Der());
  return view.at(group + " trusted") == no_list ||
         std::ranges::any_of(history_, [&](const View& past) { return list_of(past, group) == list_of(view, group); });
}

}  // namespace edgeseal::crash
