#include "dbus/guard.h"

#include <stdexcept>

#include "dbus/audit_record.h"
#include "dbus/compat.h"
#include "dbus/message_limits.h"

namespace edgeseal::dbus {

Guard::Call Guard::current_call(const sdbus::IObject& object) {
  sd_bus_message* message = compat::current_call(object);
  return {.record = record_of(message),
          .bytes = bytes_within(message).value_or(MessageLimits{}.bytes),
          .interactive = sd_bus_message_get_allow_interactive_authorization(message) > 0};
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
    if (call.record.member != method.member())
      throw std::logic_error("the handler declares " + std::string(method.member()));
    if (auto caller = authority_.known(question.bus_name)) reply->identify(std::move(*caller));
    open_.admit(reply);
    authority_.decide(
        std::move(question), [this, reply](const Caller& caller) { open_.identify(reply, caller); },
        [reply, action = std::move(action)](const Decision& decision) {
          reply->decide(decision.caller);
          if (decision.refusal) return reply->refuse(*decision.refusal);
          if (!reply->answered()) reply->attempt([&] { action(decision.caller); });
        });
  });
}

void Guard::refuse_while_busy(GuardedMethod method) const {
  if (method.while_busy() == WhileBusy::Refused) busy_.require_free();
}

void Guard::caller_vanished(const std::string& bus_name) {
  const auto undecided = open_.take(
      [&](const OpenCall& call) { return call.caller_name() == bus_name && !call.decided() && !call.answered(); });
  for (const auto& call : undecided) call->refuse(CallError("RequestCancelledByClient", "the caller left the bus"));
  authority_.caller_vanished(bus_name);
}

void Guard::close() noexcept {
  for (const auto& call : open_.take([](const OpenCall&) { return true; }))
    call->refuse(CallError("Shutdown", "the agent ends; call again to start it"));
}

}  // namespace edgeseal::dbus
