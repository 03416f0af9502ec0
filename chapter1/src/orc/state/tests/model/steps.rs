//! Each operation, on the machine and on the facts.

use super::facts::{Def, Fact, Maker};
use super::*;

impl World {
    pub(super) fn step(&mut self, step: &Op) {
        match step {
            Op::Define(dylib, tracker, symbols) => {
                self.define(dylib % DYLIBS, tracker % TRACKERS, symbols);
            }
            Op::Lookup(order, names, is_ready, asker) => {
                let order: Vec<(usize, bool)> =
                    order.iter().map(|&(d, all)| (d % DYLIBS, all)).collect();
                let names: Vec<usize> =
                    names.iter().map(|n| n % NAMES).collect();
                let asker = asker.and_then(|asker| self.work(asker));
                let wanted = [Wanted::Resolved, Wanted::Ready];
                let wanted = wanted[usize::from(*is_ready)];
                self.lookup(&order, &names, wanted, asker);
            }
            Op::Remove(tracker) => self.remove(tracker % TRACKERS),
            Op::Hold(def) => self.hold(*def),
            Op::LetGo(def) => self.let_go(*def),
            Op::Resolve(work, _)
            | Op::Emit(work, _)
            | Op::Fail(work)
            | Op::Delegate(work, _)
            | Op::Replace(work, _) => {
                if let Some(work) = self.work(*work) {
                    self.go_on(work, step);
                }
            }
        }
    }

    fn go_on(&mut self, work: WorkId, step: &Op) {
        match step {
            Op::Resolve(_, is_partial) => self.resolve(work, *is_partial),
            Op::Emit(_, needs) => self.emit(work, needs),
            Op::Fail(_) => {
                self.machine.fail(work, Cause::new(Broken));
                if self.facts.is_open(work) {
                    self.facts.fail(work);
                }
            }
            Op::Delegate(_, set) => self.delegate(work, *set),
            Op::Replace(_, set) => self.replace(work, *set),
            _ => unreachable!("no step of some work"),
        }
    }

    /// Some work, old or new.
    fn work(&self, index: usize) -> Option<WorkId> {
        let count = self.works.len();
        // The newer, the likelier to be open.
        (count > 0).then(|| self.works[count - 1 - index % count.min(8)])
    }

    fn define(
        &mut self,
        dylib: usize,
        tracker: usize,
        symbols: &[(usize, usize)],
    ) {
        let symbols: Vec<(usize, SymbolFlags)> = symbols
            .iter()
            .map(|&(name, kind)| {
                let (exported, weak) = (kind % 4 != 0, kind / 4 % 3 == 0);
                let flags = SymbolFlags::FUNCTION;
                (name % NAMES, SymbolFlags { exported, weak, ..flags })
            })
            .collect();
        let unit = self.facts.units;
        self.facts.units += 1;
        let is_taken = |&(name, flags): &(usize, SymbolFlags)| {
            self.facts.at(dylib, name).is_some_and(|earlier| {
                let is_weak = self.facts.defs[earlier].flags.weak;
                let is_used = self.facts.is_used(earlier, &self.open);
                !flags.weak && (!is_weak || is_used)
            })
        };
        let mut names: Vec<usize> = symbols.iter().map(|s| s.0).collect();
        names.sort();
        let is_twice = names.windows(2).any(|pair| pair[0] == pair[1]);
        let is_refused = is_twice || symbols.iter().any(is_taken);
        let named: Vec<(Symbol, SymbolFlags)> =
            symbols.iter().map(|&(n, flags)| (name(n), flags)).collect();
        let (id, by) = (self.dylibs[dylib], self.trackers[tracker]);
        let result = self.machine.define(id, by, &named, unit);
        assert_eq!(result.is_err(), is_refused);
        if is_refused {
            return self.facts.dropped.push(unit);
        }
        for (n, flags) in symbols {
            match self.facts.at(dylib, n) {
                Some(_) if flags.weak => continue,
                Some(earlier) => self.facts.die(earlier),
                None => {}
            }
            self.facts.defs.push(Fact {
                id: self.machine.dylibs[id][&name(n)],
                dylib,
                name: n,
                flags,
                tracker,
                maker: Maker::Unit(unit),
                address: None,
                is_emitted: false,
                is_ready: false,
                needs: Default::default(),
                holders: 0,
                is_alive: true,
            });
        }
        if self.facts.of(Maker::Unit(unit)).is_empty() {
            self.facts.dropped.push(unit);
        }
    }

    fn lookup(
        &mut self,
        order: &[(usize, bool)],
        names: &[usize],
        wanted: Wanted,
        asker: Option<WorkId>,
    ) {
        let number = self.asked;
        self.asked += 1;
        let symbols: Vec<Symbol> = names.iter().map(|&n| name(n)).collect();
        let found = |&name: &usize| self.facts.find(order, name);
        let roots: Option<Vec<Def>> = names.iter().map(found).collect();
        match roots {
            None => {
                let mut missing: Vec<Symbol> = Vec::new();
                for (n, symbol) in names.iter().zip(&symbols) {
                    if found(n).is_none() && !missing.contains(symbol) {
                        missing.push(symbol.clone());
                    }
                }
                let error = LookupError::NotFound(missing);
                self.refused.insert(number, error.to_string());
            }
            Some(roots)
                if asker.is_some_and(|asker| {
                    self.facts.is_circle(asker, &roots, &self.open)
                }) =>
            {
                let error = LookupError::Circular(symbols.clone());
                self.refused.insert(number, error.to_string());
            }
            Some(roots) => {
                let question = Question { roots, wanted, asker };
                self.open.insert(number, question);
            }
        }
        let visibility = [Visibility::Exported, Visibility::All];
        let order: Vec<(DylibId, Visibility)> = order
            .iter()
            .map(|&(d, all)| (self.dylibs[d], visibility[usize::from(all)]))
            .collect();
        self.machine.lookup(&order, &symbols, wanted, asker, number);
    }

    fn resolve(&mut self, work: WorkId, is_partial: bool) {
        let defs = self.facts.of(Maker::Work(work));
        let given = &defs[usize::from(is_partial && !defs.is_empty())..];
        // Each address that was ever given is another.
        let address =
            |def: Def| ExecutorAddr::new((self.asked * 1000 + def) as u64 + 1);
        let addresses: Vec<(Symbol, ExecutorAddr)> = given
            .iter()
            .map(|&def| (name(self.facts.defs[def].name), address(def)))
            .collect();
        let is_open = self.facts.is_open(work);
        for &(def, address) in
            given.iter().map(|&d| (d, address(d))).collect::<Vec<_>>().iter()
        {
            // The first one counts.
            if is_open {
                self.facts.defs[def].address.get_or_insert(address);
            }
        }
        let has_none = |&def: &Def| self.facts.defs[def].address.is_none();
        let is_incomplete = defs.iter().any(has_none);
        let result = self.machine.resolve(work, &addresses);
        assert_eq!(result.is_ok(), is_open && !is_incomplete);
        if is_open && is_incomplete {
            self.facts.fail(work);
        }
    }

    fn emit(&mut self, work: WorkId, needs: &[usize]) {
        // Code is bound to addresses, also of what has gone since; but most
        // of the time it is still there.
        let has_address = |def: &Def| self.facts.defs[*def].address.is_some();
        let all: Vec<Def> =
            (0..self.facts.defs.len()).filter(has_address).collect();
        let alive: Vec<Def> = self.facts.alive().filter(has_address).collect();
        let pick = |&index: &usize| {
            let from = if index % 16 == 0 { &all } else { &alive };
            (!from.is_empty()).then(|| from[index % from.len()])
        };
        let needs: Vec<Def> = needs.iter().filter_map(pick).collect();
        let defs = self.facts.of(Maker::Work(work));
        let is_good = defs.iter().all(has_address)
            && needs.iter().all(|&def| self.facts.defs[def].is_alive);
        let is_open = self.facts.is_open(work);
        let ids: Vec<EntryId> =
            needs.iter().map(|&def| self.facts.defs[def].id).collect();
        let result = self.machine.emit(work, &ids);
        assert_eq!(result.is_ok(), is_open && is_good);
        if !is_open {
            return;
        }
        if !is_good {
            return self.facts.fail(work);
        }
        self.facts.emitted.insert(work);
        for def in defs {
            let fact = &mut self.facts.defs[def];
            fact.is_emitted = true;
            fact.needs = needs.iter().copied().collect();
        }
    }

    fn remove(&mut self, tracker: usize) {
        let is_tracked = |&def: &Def| self.facts.defs[def].tracker == tracker;
        let going: Vec<Def> = self.facts.alive().filter(is_tracked).collect();
        // The names of those who would miss a definition.
        let users = |def: Def| {
            let users = self.facts.users(def).filter(|user| {
                self.facts.defs[*user].is_ready && !is_tracked(user)
            });
            let mut names = self.facts.names(&users.collect::<Vec<_>>());
            names.sort();
            names
        };
        let reasons: Vec<InUse> = going
            .iter()
            .map(|&def| InUse {
                symbol: name(self.facts.defs[def].name),
                users: users(def),
                handles: self.facts.defs[def].holders,
            })
            .filter(|reason| !reason.users.is_empty() || reason.handles > 0)
            .collect();
        match self.machine.remove(self.trackers[tracker]) {
            Err(in_use) => assert!(reasons.contains(&in_use), "{in_use}"),
            Ok(names) => {
                assert!(reasons.is_empty(), "{reasons:?}");
                self.facts.die_with_users(going);
                let mut gone = self.facts.names(&self.facts.died);
                gone.sort();
                assert_eq!(*names, gone);
            }
        }
    }

    /// Some of the symbols of some work, and perhaps one that is not.
    fn choose(
        &self,
        work: WorkId,
        set: usize,
    ) -> (Vec<Symbol>, Vec<Def>, bool) {
        let all = self.facts.of(Maker::Work(work));
        let chosen = all.iter().enumerate();
        let chosen = chosen.filter(|(index, _)| set >> index & 1 == 1);
        let chosen: Vec<Def> = chosen.map(|(_, &def)| def).collect();
        let mut names = self.facts.names(&chosen);
        let is_foreign = set >= 60;
        if is_foreign {
            names.push(Symbol::new("foreign"));
        }
        (names, chosen, self.facts.is_open(work) && !is_foreign)
    }

    fn delegate(&mut self, work: WorkId, set: usize) {
        let (names, chosen, is_good) = self.choose(work, set);
        match self.machine.delegate(work, &names) {
            Ok(part) => {
                assert!(is_good);
                for def in chosen {
                    self.facts.defs[def].maker = Maker::Work(part);
                }
                self.works.push(part);
            }
            Err(Defunct) => assert!(!is_good),
        }
    }

    fn replace(&mut self, work: WorkId, set: usize) {
        let (names, chosen, is_good) = self.choose(work, set);
        let all = self.facts.of(Maker::Work(work));
        let has_address = |&def: &Def| self.facts.defs[def].address.is_some();
        let is_good = is_good && !all.iter().any(has_address);
        let unit = self.facts.units;
        self.facts.units += 1;
        let result = self.machine.replace(work, &names, unit);
        assert_eq!(result.is_ok(), is_good);
        if !is_good || chosen.is_empty() {
            return self.facts.dropped.push(unit);
        }
        for def in chosen {
            self.facts.defs[def].maker = Maker::Unit(unit);
        }
    }

    fn hold(&mut self, index: usize) {
        if !self.facts.defs.is_empty() {
            let def = index % self.facts.defs.len();
            let fact = &mut self.facts.defs[def];
            assert_eq!(self.machine.hold(fact.id), fact.is_alive);
            fact.holders += u32::from(fact.is_alive);
        }
    }

    fn let_go(&mut self, index: usize) {
        let held = (0..self.facts.defs.len())
            .filter(|&def| self.facts.defs[def].holders > 0);
        let held: Vec<Def> = held.collect();
        if !held.is_empty() {
            let def = held[index % held.len()];
            self.facts.defs[def].holders -= 1;
            self.machine.let_go(self.facts.defs[def].id);
        }
    }

    pub(super) fn clear(&mut self) {
        self.machine.clear();
        let alive: Vec<Def> = self.facts.alive().collect();
        let is_held = |def: &Def| self.facts.defs[*def].holders > 0;
        let held: Vec<Def> = alive.iter().copied().filter(is_held).collect();
        let stay = self.facts.reachable(&held).into_iter();
        let stay: Vec<Maker> =
            stay.map(|def| self.facts.defs[def].maker).collect();
        self.facts.die_with_users(alive);
        let can_go = |work: &WorkId| !stay.contains(&Maker::Work(*work));
        self.facts.released.retain(can_go);
    }
}
