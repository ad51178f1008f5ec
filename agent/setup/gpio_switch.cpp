#include <fcntl.h>
#include <fmt/format.h>
#include <linux/gpio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>

#include "agent/error.h"
#include "agent/setup/switch_source.h"
#include "policy/unique_fd.h"

// A line of a GPIO chip, by the kernel's own interface (linux/gpio.h, version 2: Linux 5.10): libgpiod 1 and 2 have
// nothing in common, and each distribution has one of them.
namespace edgeseal::agent {

namespace {

class GpioSwitch final : public SwitchSource {
 public:
  GpioSwitch(const std::string& chip, unsigned line, bool active_low)
      : name_(fmt::format("line {} of {}", line, chip)) {
    const policy::UniqueFd device(::open(chip.c_str(), O_RDWR | O_CLOEXEC));
    if (!device) refuse("can't be opened");
    gpio_v2_line_request request{};
    request.offsets[0] = line;
    request.num_lines = 1;
    std::string_view("edgeseald").copy(request.consumer, sizeof request.consumer - 1);
    request.config.flags = GPIO_V2_LINE_FLAG_INPUT | GPIO_V2_LINE_FLAG_EDGE_RISING | GPIO_V2_LINE_FLAG_EDGE_FALLING;
    if (active_low) request.config.flags |= GPIO_V2_LINE_FLAG_ACTIVE_LOW;
    if (::ioctl(device.get(), GPIO_V2_GET_LINE_IOCTL, &request) != 0) refuse("can't be watched");
    line_.reset(request.fd);
    if (::fcntl(line_.get(), F_SETFL, O_NONBLOCK) != 0) refuse("can't be watched");
  }

  int descriptor() const override { return line_.get(); }
  std::string name() const override { return name_; }

  // The kernel gives whole events only.
  std::vector<Position> read() override {
    std::vector<Position> positions;
    std::array<gpio_v2_line_event, 16> events{};
    for (;;) {
      const ssize_t size = ::read(line_.get(), events.data(), sizeof events);
      if (size < 0 && errno == EINTR) continue;
      if (size < 0 && errno == EAGAIN) return positions;
      if (size <= 0)
        throw Error(Code::out_of_service, fmt::format("the switch at {} is gone: {}", name_,
                                                      size < 0 ? std::strerror(errno) : "end of file"));
      for (std::size_t i = 0; i < static_cast<std::size_t>(size) / sizeof events[0]; ++i)
        positions.push_back(events[i].id == GPIO_V2_LINE_EVENT_RISING_EDGE ? Position::pressed : Position::released);
    }
  }

 private:
  [[noreturn]] void refuse(const char* problem) const {
    throw Error(Code::out_of_service,
                fmt::format("the switch at {} {}: {}; remedy: let the account of the agent use it (docs/setup.md)",
                            name_, problem, std::strerror(errno)));
  }

  const std::string name_;
  policy::UniqueFd line_;
};

}  // namespace

std::unique_ptr<SwitchSource> open_gpio_switch(const std::string& chip, unsigned line, bool active_low) {
  return std::make_unique<GpioSwitch>(chip, line, active_low);
}

}  // namespace edgeseal::agent
