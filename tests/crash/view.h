#pragma once

#include <functional>
#include <map>
#include <set>
#include <stdexcept>
#include <string>

#include "dbus/client.h"
#include "tests/crash/device.h"
#include "tests/crash/program_keys.h"
#include "tests/crash/published_group.h"

namespace edgeseal::crash {

// What is seen belongs to different generations, or is none of those that may be seen.
struct Mixed : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// All that a device shows, by "APPLICATION/GROUP what".
using View = std::map<std::string, std::string>;

// The agent serves before the TPM has opened the key by which trust lists are sealed. Repeats what it refuses until
// then.
void when_seal_is_open(const std::function<void()>& call);
// Until stored trust lists can be judged.
void wait_for_seal(sdbus::IConnection& connection);

// Looks from outside: by D-Bus, at the published files, at what the keys sign through the key socket. Throws Mixed
// where these are at odds with each other, or where something is left that no generation has.
[[nodiscard]] View look(const Device& device, sdbus::IConnection& connection);

// What an operation changes of a view: the value after it, or kAnother for one that is not known before.
using Change = std::map<std::string, std::string>;
inline constexpr const char* kAnother = "*";

enum class Side { before, after };
// Throws Mixed, naming the differences, where `view` is neither the one nor the other.
[[nodiscard]] Side side_of(const View& view, const View& before, const View& after);

// For views.
void add_chain(View& view, const std::string& group, const std::string& type, const std::vector<Der>& chain);
void add_trust_list(View& view, const std::string& group, const TrustListView& list);
[[nodiscard]] std::string text_of(const sdbus::Variant& property);
[[nodiscard]] std::string fingerprint(const Der& bytes);
[[nodiscard]] std::string fingerprint(const std::vector<Der>& list);  // of the sorted list

}  // namespace edgeseal::crash
