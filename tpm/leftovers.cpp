#include "tpm/leftovers.h"

#include <utility>

#include "tpm/capabilities.h"
#include "tpm/key_template.h"
#include "tpm/memory.h"
#include "tpm/object_name.h"
#include "tpm/public_area.h"

namespace edgeseal::tpm {
namespace {

struct PublicPart {
  EsysPtr<TPM2B_PUBLIC> area;
  EsysPtr<TPM2B_NAME> name, qualified_name;
};

PublicPart read_public(Context& context, const Handle& object) {
  PublicPart part;
  context.run("read a loaded object", [&](ESYS_CONTEXT* esys) {
    return Esys_ReadPublic(esys, object.get(), ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, out(part.area), out(part.name),
                           out(part.qualified_name));
  });
  return part;
}

// Knows it to ESAPI without taking it over.
Handle find(Context& context, TPM2_HANDLE handle) {
  ESYS_TR object = ESYS_TR_NONE;
  context.run("look at what is loaded", [&](ESYS_CONTEXT* esys) {
    return Esys_TR_FromTPMPublic(esys, handle, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &object);
  });
  return Handle(context, object, Handle::Release::forget);
}

}  // namespace

Leftovers::Leftovers(Context& context) : context_(context) {
  for (const TPM2_HANDLE handle : handles_from(context, TPM2_TRANSIENT_FIRST)) {
    if (auto object = read(context, handle)) objects_.push_back(std::move(*object));
  }
}

// Nothing if the chip refuses to show it: a sequence, for one, which we never begin.
std::optional<Leftovers::Object> Leftovers::read(Context& context, TPM2_HANDLE handle) {
  try {
    Handle object = find(context, handle);
    const PublicPart part = read_public(context, object);
    return Object{std::move(object), copy(*part.name), copy(*part.qualified_name),
                  made_from(storage_key_template(), *part.area)};
  } catch (const Error& error) {
    if (error.fault() != Fault::failed) throw;
    return std::nullopt;
  }
}

bool Leftovers::is_below(const Object& object, const Bytes& parent_qualified_name) const {
  return !object.name.empty() &&
         object.qualified_name == tpm::qualified_name(context_, parent_qualified_name, object.name);
}

void Leftovers::flush(Object& object) {
  context_.flush(object.handle.release());
}

void Leftovers::flush_children_of(const Bytes& parent_qualified_name) {
  std::erase_if(objects_, [&](Object& object) {
    const bool ours = is_below(object, parent_qualified_name);
    if (ours) flush(object);
    return ours;
  });
}

void Leftovers::flush_children_of(const Handle& parent) {
  if (objects_.empty()) return;
  flush_children_of(copy(*read_public(context_, parent).qualified_name));
}

void Leftovers::flush_primary(const std::optional<Bytes>& recorded_name) {
  std::vector<Bytes> parents;
  if (recorded_name && !objects_.empty()) parents.push_back(qualified_name(context_, owner_name(), *recorded_name));
  std::erase_if(objects_, [&](Object& object) {
    const bool candidate = recorded_name ? object.name == *recorded_name : object.like_storage_primary;
    if (!candidate || !is_below(object, owner_name())) return false;
    parents.push_back(object.qualified_name);
    flush(object);
    return true;
  });
  for (const Bytes& parent : parents) flush_children_of(parent);
}

void flush_sessions(Context& context) {
  for (const TPM2_HANDLE handle : handles_from(context, TPM2_LOADED_SESSION_FIRST)) {
    context.flush(find(context, handle).release());
  }
}

}  // namespace edgeseal::tpm
