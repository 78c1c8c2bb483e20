//! A set of sessions in memory. Most sets have one member, which is stored without an allocation.

use super::{SecretHash, UnixMillis, bounded_ttl_map::Expiring};

/// A set and its expiry, which is that of the member that expires last.
pub(super) type Set = Expiring<Members, UnixMillis>;

pub(super) enum Members {
    /// Its expiry is that of the set.
    One(SecretHash),
    /// Each with its expiry.
    Several(Vec<(SecretHash, UnixMillis)>),
}

impl Set {
    /// The members that have not expired, with their expiry.
    pub fn unexpired(&self, now: UnixMillis) -> Vec<(SecretHash, UnixMillis)> {
        let all = match &self.value {
            Members::One(member) => &[(member.clone(), self.ends_at)][..],
            Members::Several(members) => members,
        };
        all.iter().filter(|(_, until)| now < *until).cloned().collect()
    }

    /// Adds a member or changes its expiry, and removes expired members.
    pub fn add(set: Option<Self>, member: &SecretHash, until: UnixMillis, now: UnixMillis) -> Option<Self> {
        let mut members = set.map(|set| set.unexpired(now)).unwrap_or_default();
        members.retain(|(other, _)| other != member);
        members.push((member.clone(), until));
        Self::of(members)
    }

    /// Removes a member, and returns whether it was one.
    pub fn remove(set: Option<Self>, member: &SecretHash) -> (Option<Self>, bool) {
        let mut members = set.map(Self::into_members).unwrap_or_default();
        let before = members.len();
        members.retain(|(other, _)| other != member);
        let was_member = members.len() < before;
        (Self::of(members), was_member)
    }

    fn into_members(self) -> Vec<(SecretHash, UnixMillis)> {
        match self.value {
            Members::One(member) => vec![(member, self.ends_at)],
            Members::Several(members) => members,
        }
    }

    /// `None` for no members.
    fn of(mut members: Vec<(SecretHash, UnixMillis)>) -> Option<Self> {
        let ends_at = members.iter().map(|(_, until)| *until).max()?;
        let value = match members.pop() {
            Some((only, _)) if members.is_empty() => Members::One(only),
            last => {
                members.extend(last);
                Members::Several(members)
            }
        };
        Some(Self { value, ends_at })
    }
}
