#include "dbus/audit_object.h"

#include <utility>

#include "dbus/arguments.h"
#include "dbus/object_path.h"

namespace edgeseal::dbus {
namespace {

constexpr size_t kFilterBytes = 256;
constexpr uint32_t kMostEntries = 256;

AuditQuery to_query(const VariantMap& given) {
  Options options(given);
  AuditQuery query;
  query.after = options.count("after");
  query.since = options.count("since");
  query.kind = options.text("kind", kFilterBytes);
  query.caller = options.text("caller", kFilterBytes);
  query.object = options.text("object", kFilterBytes);
  query.limit = options.integer("limit", 1, kMostEntries).value_or(query.limit);
  query.newest = options.flag("newest");
  options.finish();
  return query;
}

VariantMap to_map(const AuditVerdict& verdict) {
  return {{"intact", sdbus::Variant(verdict.intact)},       {"first", sdbus::Variant(verdict.first)},
          {"head", sdbus::Variant(verdict.head)},           {"entries", sdbus::Variant(verdict.entries)},
          {"lost", sdbus::Variant(verdict.lost)},           {"anchor", sdbus::Variant(verdict.anchor)},
          {"problem", sdbus::Variant(verdict.problem)},     {"file", sdbus::Variant(verdict.file)},
          {"bad-entry", sdbus::Variant(verdict.bad_entry)}, {"write-problem", sdbus::Variant(verdict.write_problem)}};
}

}  // namespace

AuditObject::AuditObject(sdbus::IConnection& connection, AuditLogPort& log, Guard& guard)
    : AdaptorInterfaces(connection, sdbus::ObjectPath(kRootPath)), log_(log), guard_(guard) {
  registerAdaptor();
}

void AuditObject::List(sdbus::Result<std::vector<std::string>, bool>&& result, VariantMap options) {
  guard_.run("org.edgeseal.Audit1.List", getObject(), "", std::move(result),
             [&log = log_, options = std::move(options)](const Caller&, const auto& reply) {
               log.list(to_query(options), reply->template completion<AuditPage>([](auto& open, const AuditPage& page) {
                 open.succeed(page.entries, page.more);
               }));
             });
}

void AuditObject::Verify(sdbus::Result<VariantMap>&& result) {
  guard_.run("org.edgeseal.Audit1.Verify", getObject(), "", std::move(result),
             [&log = log_](const Caller&, const auto& reply) {
               log.verify(reply->template completion<AuditVerdict>(
                   [](auto& open, const AuditVerdict& verdict) { open.succeed(to_map(verdict)); }));
             });
}

}  // namespace edgeseal::dbus
