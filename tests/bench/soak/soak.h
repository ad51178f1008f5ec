#pragma once

#include <chrono>
#include <list>
#include <string>
#include <vector>

#include "tests/bench/gateway.h"
#include "tests/bench/soak/gauge.h"
#include "tests/bench/soak/key_use.h"
#include "tests/bench/soak/population.h"

namespace edgeseal::bench {

// What one population asked for and got.
struct Crowd {
  std::string name;
  uid_t account = 0;
  std::size_t clients = 0;
  enum class Kind { signers, callers, hostile } kind = Kind::hostile;
  std::uint64_t sent = 0, answered = 0, busy = 0, late = 0, lost = 0, wrong = 0;
  std::chrono::microseconds p50{}, p99{}, longest{};
  std::string sample;  // of a wrong answer
};

struct SoakTerms {
  double requests_per_second = 0.5;  // of each honest program
  unsigned patience = 1;             // so many times what a program waits for at most, on a machine that others use too
};

struct SoakResult {
  std::chrono::duration<double> time{};
  unsigned patience = 1;
  std::vector<Crowd> crowds;
  Reading start, end;             // no client is there
  std::vector<Reading> readings;  // at full load
};

// A device under full load: 1 000 programs at the key socket, 100 of them hostile and of accounts of their own, and
// callers on the bus, honest and hostile ones. Needs root.
class Soak {
 public:
  explicit Soak(const SoakTerms& terms);

  // A short load first, so that what the agent makes once for all is there when it counts.
  [[nodiscard]] SoakResult run(std::chrono::duration<double> time);

 private:
  struct Group;
  [[nodiscard]] std::vector<Group> groups() const;
  void load(std::chrono::duration<double> time, SoakResult& result);
  // Waits until the agent has read what was sent and noticed that everybody is gone, for as long as a program would
  // wait for it at most.
  [[nodiscard]] Reading settled(std::size_t descriptors) const;
  [[nodiscard]] KeyUse key(const std::string& application) const;

  const SoakTerms terms_;
  Gateway gateway_;
  std::optional<Gauge> gauge_;
};

}  // namespace edgeseal::bench
