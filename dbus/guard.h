#pragma once

#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

#include "dbus/arguments.h"
#include "dbus/authority.h"
#include "dbus/bus_error.h"
#include "dbus/busy_port.h"
#include "dbus/compat.h"
#include "dbus/delegation.h"
#include "dbus/guarded_method.h"
#include "dbus/open_calls.h"
#include "dbus/ports.h"
#include "dbus/reply.h"

namespace edgeseal::dbus {

// Every handler runs in here: it finds out who calls, asks the authority, keeps exceptions from the bus library
// (sdbus-c++ 1.2 ends the process on them, 2.x shows their text to the caller), refuses changes while somebody inhibits
// them and leaves an audit record.
class Guard {
 public:
  Guard(Authority& authority, AuditPort& audit, const BusyPort& busy)
      : authority_(authority), audit_(audit), busy_(busy) {}
  ~Guard() { close(); }
  Guard(const Guard&) = delete;
  Guard& operator=(const Guard&) = delete;

  // Runs `action(const Caller&)`, which returns the answer, or `action(const Caller&, const
  // std::shared_ptr<Reply<R...>>&)`, which sees to it, once the caller is allowed to: now or later, so that it must own
  // what it uses, the ports excepted. `application`: whose account has the privilege too; empty: nobody's.
  template <class... R, class Action>
  void run(GuardedMethod method, const sdbus::IObject& object, const std::string& application,
           sdbus::Result<R...>&& result, Action action) {
    const Call call = current_call(object);
    auto reply = std::make_shared<Reply<R...>>(call.record, call.bytes, audit_, std::move(result));
    start(method, call, question(method, call, application), reply,
          [this, method, reply, action = std::move(action)](const Caller& caller) {
            refuse_while_busy(method);
            perform(action, caller, reply);
          });
  }

  // The same for what servers call for their clients: the action runs once channel and role of the client are good
  // enough for the method too. Nothing of the call is looked at before. A method with options of its own has
  // `action(caller, reply, options)`; to the others none may be given.
  template <class... R, class Action>
  void run_delegated(GuardedMethod method, const sdbus::IObject& object, const std::string& application,
                     sdbus::Result<R...>&& result, VariantMap options, Action action) {
    const Call call = current_call(object);
    auto reply = std::make_shared<Reply<R...>>(call.record, call.bytes, audit_, std::move(result));
    Question may = question(method, call, application);
    may.delegated = DelegatedClient::named_in(options);
    may.must_delegate = method.delegation() >= Delegation::Authenticated && !may.delegated;
    start(method, call, std::move(may), reply,
          [this, method, reply, options = std::move(options), action = std::move(action)](const Caller& caller) {
            VariantMap own_options = options;
            const DelegatedClient client(own_options);
            const Caller for_client = client.on_behalf(caller);
            reply->decide(for_client);
            client.judge(method.delegation());
            refuse_while_busy(method);
            if constexpr (std::is_invocable_v<const Action&, const Caller&, decltype(reply), const VariantMap&>) {
              action(for_client, reply, own_options);
            } else {
              Options(std::move(own_options)).finish();
              perform(action, for_client, reply);
            }
          });
  }

  // The value of a property, which every caller may read.
  template <class Read>
  [[nodiscard]] std::invoke_result_t<Read> read(const char* property, const Read& value) const {
    try {
      return value();
    } catch (...) {
      throw bus_error(caller_error(audit_, property));
    }
  }

  // Its calls that still wait for the authority are dropped, so that none begins a transaction without an owner.
  void caller_vanished(const std::string& bus_name);

  // Answers Shutdown to every open call; no reply touches the bus any more.
  void close() noexcept;

 private:
  struct Call {
    AuditRecord record;
    size_t bytes = 0;  // of its arguments
    bool interactive = false;
  };

  [[nodiscard]] static Call current_call(const sdbus::IObject& object);
  [[nodiscard]] static Question question(GuardedMethod method, const Call& call, const std::string& application);
  void start(GuardedMethod method, const Call& call, Question question, const std::shared_ptr<OpenCall>& reply,
             std::function<void(const Caller&)> action);
  void refuse_while_busy(GuardedMethod method) const;
  template <class Action>
  static void perform(const Action& action, const Caller& caller, const auto& reply) {
    if constexpr (!std::is_invocable_v<const Action&, const Caller&>) {
      action(caller, reply);
    } else if constexpr (std::is_void_v<std::invoke_result_t<const Action&, const Caller&>>) {
      action(caller);
      reply->succeed();
    } else {
      reply->succeed(action(caller));
    }
  }

  Authority& authority_;
  AuditPort& audit_;
  const BusyPort& busy_;
  OpenCalls open_;
};

}  // namespace edgeseal::dbus
