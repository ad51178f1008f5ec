#pragma once

#include <string>

namespace edgeseal::agent {

// A file that stands beside the state as long as a PIN is wanted: systemd starts the service that asks for it, and at a
// boot the agent with it (units/edgeseal-pin.path). It holds the session.
class PinMarker {
 public:
  explicit PinMarker(const std::string& directory);

  // What fails is logged: people can still be asked over the bus.
  void show(const std::string& session) const;
  void clear() const;

 private:
  const std::string path_;
};

}  // namespace edgeseal::agent
