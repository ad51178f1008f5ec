#include "tests/bus/fake_polkit.h"

#include <map>
#include <utility>
#include <vector>

#include "dbus/compat.h"
#include "dbus/generated/polkit_adaptor.h"

namespace edgeseal::test {

class FakePolkit::Object final : public sdbus::AdaptorInterfaces<org::freedesktop::PolicyKit1::Authority_adaptor> {
 public:
  Object(sdbus::IConnection& connection, Mood mood)
      : AdaptorInterfaces(connection, sdbus::ObjectPath("/org/freedesktop/PolicyKit1/Authority")), mood_(mood) {
    registerAdaptor();
  }
  ~Object() { unregisterAdaptor(); }

  std::optional<Asked> last() const {
    const std::lock_guard lock(mutex_);
    return last_;
  }

 private:
  using Subject = sdbus::Struct<std::string, std::map<std::string, sdbus::Variant>>;
  using Verdict = sdbus::Struct<bool, bool, std::map<std::string, std::string>>;

  void CheckAuthorization(sdbus::Result<Verdict>&& result, Subject subject, std::string action,
                          std::map<std::string, std::string> /*details*/, uint32_t flags,
                          std::string /*cancellation*/) override {
    const std::lock_guard lock(mutex_);
    last_ = Asked{std::get<1>(subject).at("name").get<std::string>(), action, flags == 1};
    switch (mood_) {
      case Mood::Yes: return result.returnResults(Verdict(true, false, {}));
      case Mood::No: return result.returnResults(Verdict(false, false, {}));
      case Mood::Challenge: return result.returnResults(Verdict(false, true, {}));
      case Mood::Error:
        return result.returnError(dbus::compat::error("org.freedesktop.PolicyKit1.Error.Failed", "broken"));
      case Mood::Silence: return unanswered_.push_back(std::move(result));
    }
  }

  Mood mood_;
  mutable std::mutex mutex_;  // guards last_: read by the test, written by the loop of the connection
  std::optional<Asked> last_;
  std::vector<sdbus::Result<Verdict>> unanswered_;
};

FakePolkit::FakePolkit(Mood mood)
    : connection_(sdbus::createSystemBusConnection()), object_(std::make_unique<Object>(*connection_, mood)) {
  connection_->requestName(dbus::compat::ServiceName("org.freedesktop.PolicyKit1"));
  connection_->enterEventLoopAsync();
}

FakePolkit::~FakePolkit() {
  connection_->leaveEventLoop();
}

std::optional<FakePolkit::Asked> FakePolkit::last() const {
  return object_->last();
}

}  // namespace edgeseal::test
