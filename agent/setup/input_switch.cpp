#include <fcntl.h>
#include <fmt/format.h>
#include <linux/input.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>

#include "agent/error.h"
#include "agent/setup/switch_source.h"
#include "policy/unique_fd.h"

// A key of an input device (Documentation/input/input.rst of the kernel).
namespace edgeseal::agent {

namespace {

struct NamedKey {
  std::string_view name;
  unsigned code;
};

// Those that buttons of devices have; others go by number.
constexpr std::array keys = {NamedKey{"KEY_RESTART", KEY_RESTART},
                             NamedKey{"KEY_WPS_BUTTON", KEY_WPS_BUTTON},
                             NamedKey{"KEY_SETUP", KEY_SETUP},
                             NamedKey{"KEY_CONFIG", KEY_CONFIG},
                             NamedKey{"KEY_POWER", KEY_POWER},
                             NamedKey{"KEY_RFKILL", KEY_RFKILL},
                             NamedKey{"KEY_VENDOR", KEY_VENDOR},
                             NamedKey{"KEY_PROG1", KEY_PROG1},
                             NamedKey{"KEY_PROG2", KEY_PROG2},
                             NamedKey{"KEY_PROG3", KEY_PROG3},
                             NamedKey{"KEY_PROG4", KEY_PROG4},
                             NamedKey{"KEY_ENTER", KEY_ENTER},
                             NamedKey{"KEY_OK", KEY_OK},
                             NamedKey{"BTN_0", BTN_0},
                             NamedKey{"BTN_1", BTN_1},
                             NamedKey{"BTN_2", BTN_2},
                             NamedKey{"BTN_3", BTN_3}};

class InputSwitch final : public SwitchSource {
 public:
  InputSwitch(std::string path, unsigned key) : path_(std::move(path)), key_(key) {
    device_.reset(::open(path_.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
    if (!device_)
      throw Error(Code::out_of_service,
                  fmt::format("the switch {} can't be opened: {}; remedy: let the account of the agent read it "
                              "(docs/setup.md)",
                              path_, std::strerror(errno)));
  }

  int descriptor() const override { return device_.get(); }
  std::string name() const override { return path_; }

  std::vector<Position> read() override {
    std::vector<Position> positions;
    std::array<char, 64 * sizeof(input_event)> buffer{};
    for (;;) {
      const ssize_t size = ::read(device_.get(), buffer.data(), buffer.size());
      if (size < 0 && errno == EINTR) continue;
      if (size < 0 && errno == EAGAIN) return positions;
      if (size <= 0)
        throw Error(Code::out_of_service,
                    fmt::format("the switch {} is gone: {}", path_, size < 0 ? std::strerror(errno) : "end of file"));
      take({buffer.data(), static_cast<std::size_t>(size)}, positions);
    }
  }

 private:
  // The kernel gives whole events; a pipe may cut one in two.
  void take(std::string_view bytes, std::vector<Position>& positions) {
    rest_.append(bytes);
    std::size_t at = 0;
    for (; rest_.size() - at >= sizeof(input_event); at += sizeof(input_event)) {
      input_event event{};
      std::memcpy(&event, rest_.data() + at, sizeof event);
      if (event.type == EV_SYN && event.code == SYN_DROPPED) positions.push_back(Position::released);
      if (event.type != EV_KEY || event.code != key_ || event.value > 1) continue;  // 2: it repeats
      positions.push_back(event.value == 1 ? Position::pressed : Position::released);
    }
    rest_.erase(0, at);
  }

  const std::string path_;
  const unsigned key_;
  policy::UniqueFd device_;
  std::string rest_;
};

}  // namespace

unsigned parse_key(const std::string& name) {
  const auto found = std::ranges::find(keys, name, &NamedKey::name);
  if (found != keys.end()) return found->code;
  unsigned code = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), code);
  if (error == std::errc() && end == name.data() + name.size() && code > 0 && code <= KEY_MAX) return code;
  throw Error(Code::invalid_argument,
              fmt::format("\"{:.64}\" is no key: there are KEY_RESTART, KEY_WPS_BUTTON, KEY_SETUP, KEY_CONFIG, "
                          "KEY_POWER, KEY_PROG1 to KEY_PROG4, BTN_0 to BTN_3 and others by number, 1 to {}",
                          name, KEY_MAX));
}

std::unique_ptr<SwitchSource> open_input_switch(const std::string& path, unsigned key) {
  return std::make_unique<InputSwitch>(path, key);
}

std::unique_ptr<SwitchSource> open_switch(const SwitchSettings& settings) {
  if (!settings.gpio_chip.empty()) return open_gpio_switch(settings.gpio_chip, settings.gpio_line, settings.active_low);
  return open_input_switch(settings.event, settings.key);
}

}  // namespace edgeseal::agent
