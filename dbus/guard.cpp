#include "dbus/guard.h"

#include <algorithm>
#include <stdexcept>

#include "dbus/compat.h"

namespace edgeseal::dbus {
namespace {

constexpr size_t kMostOpenCalls = 128;
constexpr size_t kMostOpenCallsOfOneCaller = 16;

std::string text(const char* value) {
  return value == nullptr ? "" : value;
}

}  // namespace

Guard::Call Guard::current_call(const sdbus::IObject& object) {
  sd_bus_message* message = compat::current_call(object);
  Call call;
  call.record.caller.bus_name = text(sd_bus_message_get_sender(message));
  call.record.member = text(sd_bus_message_get_interface(message)) + "." + text(sd_bus_message_get_member(message));
  call.record.object_path = text(sd_bus_message_get_path(message));
  call.interactive = sd_bus_message_get_allow_interactive_authorization(message) > 0;
  return call;
}

Question Guard::question(GuardedMethod method, const Call& call, const std::string& application) {
  return {.bus_name = call.record.caller.bus_name,
          .privilege = method.privilege(),
          .application = application,
          .interactive = call.interactive};
}

void Guard::start(GuardedMethod method, const Call& call, Question question, const std::shared_ptr<OpenCall>& reply,
                  std::function<void(const Caller&)> action) {
  reply->attempt([&] {
    admit(method, call, reply);
    authority_.decide(std::move(question), [reply, action = std::move(action)](const Decision& decision) {
      reply->decide(decision.caller);
      if (decision.refusal) return reply->refuse(*decision.refusal);
      if (!reply->answered()) reply->attempt([&] { action(decision.caller); });
    });
  });
}

void Guard::admit(GuardedMethod method, const Call& call, const std::shared_ptr<OpenCall>& reply) {
  if (call.record.member != method.member())
    throw std::logic_error("the handler declares " + std::string(method.member()));
  std::erase_if(open_, [](const auto& open) { return open.expired() || open.lock()->answered(); });
  const auto of_caller = std::ranges::count_if(
      open_, [&](const auto& open) { return open.lock()->caller_name() == call.record.caller.bus_name; });
  if (open_.size() >= kMostOpenCalls || static_cast<size_t>(of_caller) >= kMostOpenCallsOfOneCaller) {
    throw CallError("TooManyOperations", "too many calls wait for an answer; try again when one is answered");
  }
  open_.push_back(reply);
}

void Guard::refuse_while_busy(GuardedMethod method) const {
  if (method.while_busy() == WhileBusy::Refused) busy_.require_free();
}

void Guard::caller_vanished(const std::string& bus_name) {
  for (const auto& open : std::exchange(open_, {})) {
    const auto call = open.lock();
    if (call && call->caller_name() == bus_name && !call->decided()) {
      call->refuse(CallError("RequestCancelledByClient", "the caller left the bus"));
    } else {
      open_.push_back(open);
    }
  }
  authority_.caller_vanished(bus_name);
}

void Guard::close() noexcept {
  for (const auto& open : std::exchange(open_, {})) {
    if (const auto call = open.lock()) call->refuse(CallError("Shutdown", "the agent ends; call again to start it"));
  }
}

}  // namespace edgeseal::dbus
