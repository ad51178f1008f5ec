#include "tests/bus/random_arguments.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <vector>

#include "tests/bus/memory_file.h"
#include "tests/bus/signature.h"

namespace edgeseal::test {
namespace {

struct KnownOption {
  const char* name;
  const char* type;
};

constexpr KnownOption kOptions[] = {{"access", "as"},
                                    {"account", "s"},
                                    {"application-uri", "s"},
                                    {"client-certificate", "ay"},
                                    {"confirm-within", "u"},
                                    {"default-validation-options", "u"},
                                    {"dns-names", "as"},
                                    {"exports", "as"},
                                    {"host-name", "s"},
                                    {"import", "b"},
                                    {"ip-addresses", "as"},
                                    {"key", "s"},
                                    {"key-protection", "s"},
                                    {"key-size-bits", "q"},
                                    {"layout", "s"},
                                    {"legacy", "as"},
                                    {"lifetime-days", "q"},
                                    {"nonce", "ay"},
                                    {"passphrase", "s"},
                                    {"passphrase", "ay"},
                                    {"private-key", "h"},
                                    {"private-key", "ay"},
                                    {"private-key-format", "s"},
                                    {"purpose", "s"},
                                    {"regenerate-private-key", "b"},
                                    {"restart-required", "b"},
                                    {"roles", "as"},
                                    {"security-mode", "s"},
                                    {"server-capabilities", "as"},
                                    {"session", "s"},
                                    {"slots", "as"},
                                    {"subject", "s"},
                                    {"trust-groups", "as"},
                                    {"update-frequency", "d"},
                                    {"user", "s"}};

constexpr const char* kTexts[] = {"https",
                                  "web",
                                  "application",
                                  "https/https",
                                  "tls",
                                  "user-token",
                                  "",
                                  "i=14156",
                                  "i=12560",
                                  "i=99999999999",
                                  "ns=0;i=15704",
                                  "rsa-sha256",
                                  "rsa-2048",
                                  "ec-p256",
                                  "user=root",
                                  "unit=x.service",
                                  "CN=gw,O=Example",
                                  "CN=",
                                  "PEM",
                                  "PFX",
                                  "TSS2",
                                  "none",
                                  "sign",
                                  "sign-and-encrypt",
                                  "SecurityAdmin",
                                  "active",
                                  "pending",
                                  "tpm",
                                  "sealed",
                                  "milo",
                                  "annex-f",
                                  "open62541",
                                  "https-server",
                                  "user",
                                  "DA",
                                  "/",
                                  "/opt/pki",
                                  "/opt/../etc",
                                  "relative/path",
                                  "urn:gw:web",
                                  "192.0.2.1",
                                  "gw.example",
                                  "0123456789abcdef0123456789abcdef01234567",
                                  "sha1-signatures"};

constexpr const char* kPieces[] = {"a",  "Z",  "0",  "-",      "_",      "/",      "..",     "%s",        "%n",
                                   "\n", "\t", "\\", "\"",     "'",      "=",      ";",      "\x01",      "\x7f",
                                   " ",  ",",  "*",  "\u00e4", "\u20ac", "\u202e", "\u2028", "\U0001f600"};

constexpr const char* kPaths[] = {"/", "/org/edgeseal", "/org/edgeseal/application/web", "/a/_2e_2e"};

constexpr size_t kSizes[] = {1, 8, 9, 31, 32, 33, 64, 65, 256, 257, 512, 513, 1024, 1025, 4096, 4097};
constexpr size_t kModestSizes[] = {1, 20, 32, 32};
constexpr size_t kLargeSizes[] = {65536, 65537, 1024 * 1024, 1024 * 1024 + 1};
constexpr size_t kCounts[] = {0, 1, 1, 1, 2, 3, 8, 9, 10, 11, 16, 17, 24, 25, 32, 33, 64, 65};
constexpr size_t kLargeCounts[] = {4096, 4097};

constexpr uint64_t kNumbers[] = {0,
                                 1,
                                 2,
                                 3,
                                 6,
                                 15,
                                 16,
                                 23,
                                 24,
                                 60,
                                 127,
                                 128,
                                 255,
                                 256,
                                 32767,
                                 32768,
                                 65535,
                                 65536,
                                 86400,
                                 86401,
                                 0x7fffffff,
                                 0x80000000,
                                 0xffffffff,
                                 0x100000000,
                                 0x7fffffffffffffff,
                                 0x8000000000000000,
                                 0xffffffffffffffff,
                                 0x7ff0000000000000,   // infinite, as a double
                                 0xbff0000000000000,   // -1
                                 0x4194997000000000};  // 86400000

constexpr std::string_view kBasicTypes = "ybnqiuxtdsog";

void check(int result) {
  if (result < 0) throw std::runtime_error("sd-bus doesn't append this: " + std::to_string(-result));
}

sdbus::UnixFd opened(int descriptor) {
  if (descriptor < 0) throw std::runtime_error("open");
  return sdbus::UnixFd(descriptor, sdbus::adopt_fd);
}

// One that would be waited for by whoever reads it.
sdbus::UnixFd empty_pipe(sdbus::UnixFd& writer) {
  std::array<int, 2> ends{};
  check(pipe2(ends.data(), O_CLOEXEC));
  writer = opened(ends[1]);
  return opened(ends[0]);
}

}  // namespace

std::string RandomArguments::type(size_t depth) {
  const size_t choice = depth < 4 ? below(12) : 12;
  if (choice < 2) return "a" + type(depth + 1);
  if (choice == 2) return "a{" + std::string(1, one_of(kBasicTypes)) + type(depth + 1) + "}";
  if (choice == 3) return "(" + type(depth + 1) + type(depth + 1) + ")";
  if (choice == 4) return "v";
  if (choice == 5 && depth == 0) return "h";
  return std::string(1, one_of(kBasicTypes));
}

std::string RandomArguments::signature() {
  std::string types;
  for (size_t left = below(7); left > 0; --left) types += type(0);
  return types;
}

size_t RandomArguments::size() {
  if (modest_) return one_of(kModestSizes);
  const size_t wanted = one_in(64) ? one_of(kLargeSizes) : one_of(kSizes);
  const size_t given = std::min(wanted, bytes_left_);
  bytes_left_ -= given;
  return given;
}

std::string RandomArguments::text() {
  if (modest_ || !one_in(3)) return one_of(kTexts);
  if (one_in(2)) return std::string(size(), 'x');
  std::string pieces;
  for (size_t left = below(20); left > 0; --left) pieces += one_of(kPieces);
  return pieces;
}

size_t RandomArguments::count() {
  if (modest_) return below(4);
  return one_in(64) ? one_of(kLargeCounts) : one_of(kCounts);
}

uint64_t RandomArguments::number() {
  if (modest_) return below(16);
  return one_in(4) ? random_() : one_of(kNumbers);
}

void RandomArguments::append(sd_bus_message* message, std::string_view signature) {
  while (!signature.empty()) value(message, take_type(signature));
}

void RandomArguments::value(sd_bus_message* message, const std::string& type) {
  const std::string inside = type.size() > 2 ? type.substr(1, type.size() - 2) : "";
  switch (type.front()) {
    case 'a': return type == "a{sv}" ? options(message) : array(message, type.substr(1));
    case '(': return container(message, SD_BUS_TYPE_STRUCT, inside);
    case '{': return container(message, SD_BUS_TYPE_DICT_ENTRY, inside);
    case 'v': return variant(message);
    default: return basic(message, type.front());
  }
}

void RandomArguments::basic(sd_bus_message* message, char type) {
  switch (type) {
    case 's': return check(sd_bus_message_append_basic(message, type, text().c_str()));
    case 'o': return check(sd_bus_message_append_basic(message, type, one_of(kPaths)));
    case 'g': return check(sd_bus_message_append_basic(message, type, this->type(0).c_str()));
    case 'h': return descriptor(message);
    default: {
      const uint64_t widest = number();
      return check(sd_bus_message_append_basic(message, type, &widest));
    }
  }
}

void RandomArguments::descriptor(sd_bus_message* message) {
  descriptors_left_ -= std::min<size_t>(descriptors_left_, 1);
  const auto append = [&](const sdbus::UnixFd& file) {
    const int descriptor = file.get();
    check(sd_bus_message_append_basic(message, 'h', &descriptor));
  };
  switch (below(8)) {
    case 0: return append(opened(open("/dev/zero", O_RDONLY | O_CLOEXEC)));
    case 1: return append(opened(open("/", O_RDONLY | O_CLOEXEC | O_DIRECTORY)));
    case 2: {
      sdbus::UnixFd writer;
      return append(empty_pipe(writer));
    }
    default: return append(memory_file(text()));
  }
}

void RandomArguments::container(sd_bus_message* message, char type, const std::string& contents, size_t count) {
  check(sd_bus_message_open_container(message, type, contents.c_str()));
  ++depth_;
  for (; count > 0; --count) append(message, contents);
  --depth_;
  check(sd_bus_message_close_container(message));
}

void RandomArguments::array(sd_bus_message* message, const std::string& elements) {
  if (elements == "y") return bytes(message);
  const size_t count = std::min(this->count(), elements_left_);
  elements_left_ -= count;
  container(message, SD_BUS_TYPE_ARRAY, elements, count);
}

void RandomArguments::bytes(sd_bus_message* message) {
  std::vector<uint8_t> values(!modest_ && one_in(8) ? 0 : size());
  std::ranges::generate(values, [&] { return static_cast<uint8_t>(random_()); });
  check(sd_bus_message_append_array(message, 'y', values.data(), values.size()));
}

// Now and then the innermost of many.
void RandomArguments::variant(sd_bus_message* message) {
  const bool deeper = depth_ + 2 < kDeepest && (depth_ > 8 || one_in(32));
  container(message, SD_BUS_TYPE_VARIANT, deeper ? "v" : depth_ < 8 ? type(1) : std::string(1, one_of(kBasicTypes)));
}

void RandomArguments::options(sd_bus_message* message) {
  check(sd_bus_message_open_container(message, SD_BUS_TYPE_ARRAY, "{sv}"));
  depth_ += 2;
  if (one_in(4)) client(message);
  for (size_t left = modest_ ? below(3) / 2 : below(4); left > 0; --left) option(message);
  depth_ -= 2;
  check(sd_bus_message_close_container(message));
}

// Without this nearly every call for a client would end at its channel or its role.
void RandomArguments::client(sd_bus_message* message) {
  check(sd_bus_message_append(message, "{sv}{sv}{sv}", "session", "s", "s1", "security-mode", "s", "sign-and-encrypt",
                              "roles", "as", 1, "SecurityAdmin"));
}

void RandomArguments::option(sd_bus_message* message) {
  const auto& drawn = one_of(kOptions);
  const auto& known = *drawn.type == 'h' && descriptors_left_ == 0 ? kOptions[0] : drawn;
  check(sd_bus_message_open_container(message, SD_BUS_TYPE_DICT_ENTRY, "sv"));
  check(sd_bus_message_append_basic(message, 's', one_in(8) ? text().c_str() : known.name));
  if (one_in(4)) {
    variant(message);
  } else {
    container(message, SD_BUS_TYPE_VARIANT, known.type);
  }
  check(sd_bus_message_close_container(message));
}

}  // namespace edgeseal::test
