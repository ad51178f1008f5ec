#pragma once

#include <memory>
#include <string>
#include <vector>

namespace edgeseal::agent {

// A switch that somebody at the device can press.
class SwitchSource {
 public:
  enum class Position { released, pressed };

  virtual ~SwitchSource() = default;
  [[nodiscard]] virtual int descriptor() const = 0;  // readable when something happened
  // What happened since the last call, the oldest first; never blocks. Throws Error{out_of_service} where the device
  // is gone.
  [[nodiscard]] virtual std::vector<Position> read() = 0;
  [[nodiscard]] virtual std::string name() const = 0;  // for people
};

struct SwitchSettings {
  std::string event;      // an input device, "/dev/input/by-path/..."
  unsigned key = 0;       // of input-event-codes.h; see parse_key()
  std::string gpio_chip;  // "/dev/gpiochip0": instead of an input device
  unsigned gpio_line = 0;
  bool active_low = false;
  unsigned hold_seconds = 3;  // it has to be pressed so long

  [[nodiscard]] bool exists() const { return !event.empty() || !gpio_chip.empty(); }
};

// Throws Error{out_of_service} with the remedy where the device can't be opened.
[[nodiscard]] std::unique_ptr<SwitchSource> open_switch(const SwitchSettings& settings);
[[nodiscard]] std::unique_ptr<SwitchSource> open_input_switch(const std::string& path, unsigned key);
[[nodiscard]] std::unique_ptr<SwitchSource> open_gpio_switch(const std::string& chip, unsigned line, bool active_low);

// "KEY_RESTART", or a number. Throws Error{invalid_argument}.
[[nodiscard]] unsigned parse_key(const std::string& name);

}  // namespace edgeseal::agent
