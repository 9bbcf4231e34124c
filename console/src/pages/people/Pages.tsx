import { Route, Switch } from 'wouter';
import { Compare, Duplicates, MergeWith } from './Duplicates';
import { Erase } from './Erase';
import { HandOver } from './HandOver';
import { People } from './People';
import { Person } from './Person';
import { Register } from './Register';
import { Renew } from './Renew';

/** The pages about people, each at its address. */
export function PeoplePages() {
  return (
    <Switch>
      <Route path="/personer">
        <People />
      </Route>
      <Route path="/personer/ny">
        <Register />
      </Route>
      <Route path="/personer/forny">
        <Renew />
      </Route>
      <Route path="/personer/overfor">
        <HandOver />
      </Route>
      <Route path="/personer/dubletter">
        <Duplicates />
      </Route>
      <Route path="/personer/dubletter/:one/:other">
        {({ one, other }) => <Compare key={one + other} one={one} other={other} />}
      </Route>
      <Route path="/personer/:id/slett">{({ id }) => <Erase key={id} id={id} />}</Route>
      <Route path="/personer/:id/sla-sammen">{({ id }) => <MergeWith key={id} id={id} />}</Route>
      <Route path="/personer/:id">{({ id }) => <Person key={id} id={id} />}</Route>
    </Switch>
  );
}
