//! A set of sessions, as memory keeps it: nearly all have one member, which then needs no place beside the set.

use super::{SecretHash, UnixMillis, bounded_ttl_map::Expiring};

/// Ends with the member that lasts longest.
pub(super) type Set = Expiring<Members, UnixMillis>;

pub(super) enum Members {
    /// It lasts as long as its set.
    One(SecretHash),
    /// Each with its end. There are a few.
    Several(Vec<(SecretHash, UnixMillis)>),
}

impl Set {
    /// What is in it, but what ended before `now`.
    pub fn living(&self, now: UnixMillis) -> Vec<(SecretHash, UnixMillis)> {
        let all = match &self.value {
            Members::One(member) => &[(member.clone(), self.ends_at)][..],
            Members::Several(members) => members,
        };
        all.iter().filter(|(_, until)| now < *until).cloned().collect()
    }

    /// With this member, or with this end for it; what has ended goes.
    pub fn with(set: Option<Self>, member: &SecretHash, until: UnixMillis, now: UnixMillis) -> Option<Self> {
        let mut members = set.map(|set| set.living(now)).unwrap_or_default();
        members.retain(|(other, _)| other != member);
        members.push((member.clone(), until));
        Self::of(members)
    }

    /// Without this member, and whether it was one.
    pub fn without(set: Option<Self>, member: &SecretHash) -> (Option<Self>, bool) {
        let mut members = set.map(Self::into_members).unwrap_or_default();
        let before = members.len();
        members.retain(|(other, _)| other != member);
        let was_there = members.len() < before;
        (Self::of(members), was_there)
    }

    fn into_members(self) -> Vec<(SecretHash, UnixMillis)> {
        match self.value {
            Members::One(member) => vec![(member, self.ends_at)],
            Members::Several(members) => members,
        }
    }

    /// None of nothing.
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
