#include <fmt/format.h>
#include <gpiod.h>
#include <poll.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "agent/error.h"
#include "agent/setup/switch_source.h"

// A line of a GPIO chip, by libgpiod.
namespace edgeseal::agent {

namespace {

struct CloseChip {
  void operator()(gpiod_chip* chip) const noexcept { gpiod_chip_close(chip); }  // and releases its lines
};

class GpioSwitch final : public SwitchSource {
 public:
  GpioSwitch(const std::string& chip, unsigned line, bool active_low)
      : name_(fmt::format("line {} of {}", line, chip)), chip_(gpiod_chip_open(chip.c_str())) {
    if (!chip_) refuse("can't be opened");
    line_ = gpiod_chip_get_line(chip_.get(), line);
    const int flags = active_low ? GPIOD_LINE_REQUEST_FLAG_ACTIVE_LOW : 0;
    if (line_ == nullptr || gpiod_line_request_both_edges_events_flags(line_, "edgeseald", flags) != 0)
      refuse("can't be watched");
  }

  int descriptor() const override { return gpiod_line_event_get_fd(line_); }
  std::string name() const override { return name_; }

  std::vector<Position> read() override {
    std::vector<Position> positions;
    pollfd ready{descriptor(), POLLIN, 0};
    while (::poll(&ready, 1, 0) > 0) {
      gpiod_line_event event{};
      if (gpiod_line_event_read(line_, &event) != 0) refuse("is gone");
      positions.push_back(event.event_type == GPIOD_LINE_EVENT_RISING_EDGE ? Position::pressed : Position::released);
    }
    return positions;
  }

 private:
  [[noreturn]] void refuse(const char* problem) const {
    throw Error(Code::out_of_service,
                fmt::format("the switch at {} {}: {}; remedy: let the account of the agent use it (docs/setup.md)",
                            name_, problem, std::strerror(errno)));
  }

  const std::string name_;
  const std::unique_ptr<gpiod_chip, CloseChip> chip_;
  gpiod_line* line_ = nullptr;  // of the chip
};

}  // namespace

std::unique_ptr<SwitchSource> open_gpio_switch(const std::string& chip, unsigned line, bool active_low) {
  return std::make_unique<GpioSwitch>(chip, line, active_low);
}

}  // namespace edgeseal::agent
