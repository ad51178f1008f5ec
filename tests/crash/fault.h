#pragma once

#include <atomic>
#include <cstddef>
#include <mutex>
#include <optional>
#include <string>

#include "tests/crash/platter.h"
#include "tests/crash/supervisor.h"

namespace edgeseal::crash {

// What happens to the agent at one writing call of an operation, which is the point of a test. Any thread.
class Fault {
 public:
  virtual ~Fault() = default;

  // From now on calls count, until end().
  void begin() { active_ = true; }
  void end() { active_ = false; }
  [[nodiscard]] Deed decide(const StoppedCall& stopped);
  // The call that it struck first; none where the operation has fewer calls than the point has.
  [[nodiscard]] std::optional<StoppedCall> struck() const;

 protected:
  explicit Fault(std::size_t point) : point_(point) {}

 private:
  [[nodiscard]] virtual bool concerns(const StoppedCall& stopped) const = 0;
  [[nodiscard]] virtual Deed strike(std::size_t calls_since) const = 0;
  virtual void pass(const StoppedCall&) {}  // of a call that will be made

  const std::size_t point_;  // from 1
  std::atomic<bool> active_ = false;
  mutable std::mutex mutex_;  // guards what follows
  std::size_t calls_ = 0;
  std::optional<StoppedCall> struck_;
};

// SIGKILL before the call, whatever it writes to that outlives the agent: files, TPM, bus.
class Kill : public Fault {
 public:
  explicit Kill(std::size_t point) : Fault(point) {}

 private:
  [[nodiscard]] bool concerns(const StoppedCall& stopped) const override;
  [[nodiscard]] Deed strike(std::size_t) const override { return Deed::kill(); }
};

// The same by a loss of power, that is with a platter that has what was synced before the call.
class PowerCut final : public Kill {
 public:
  PowerCut(std::size_t point, const std::filesystem::path& state) : Kill(point), platter_(state) {}
  [[nodiscard]] const Platter& platter() const { return platter_; }  // of an agent that has ended

 private:
  void pass(const StoppedCall& stopped) override;

  Platter platter_;
};

// SIGTERM at the call, which is made; the agent ends by itself.
class Terminate final : public Kill {
 public:
  explicit Terminate(std::size_t point) : Kill(point) {}

 private:
  [[nodiscard]] Deed strike(std::size_t calls_since) const override {
    return calls_since == 0 ? Deed::terminate() : Deed{};
  }
};

// The file system of the state is full from the call on.
class DiskFull final : public Fault {
 public:
  explicit DiskFull(std::size_t point) : Fault(point) {}

 private:
  [[nodiscard]] bool concerns(const StoppedCall& stopped) const override;
  [[nodiscard]] Deed strike(std::size_t) const override { return Deed::fail(ENOSPC); }
};

// One fsync of the state fails.
class SyncError final : public Fault {
 public:
  explicit SyncError(std::size_t point) : Fault(point) {}

 private:
  [[nodiscard]] bool concerns(const StoppedCall& stopped) const override;
  [[nodiscard]] Deed strike(std::size_t calls_since) const override {
    return calls_since == 0 ? Deed::fail(EIO) : Deed{};
  }
};

}  // namespace edgeseal::crash
