import type { components } from './schema';

type Schemas = components['schemas'];
export type Roster = Schemas['Roster'];
export type Summary = Schemas['Summary'];
export type RosterMentor = Schemas['Mentor'];
export type MentorPage = Schemas['MentorPage'];
export type MentorChange = Schemas['MentorChange'];
export type Certification = Schemas['MentorCertification'];
export type Recipient = Schemas['MentorRecipient'];
export type Inbox = Schemas['Inbox'];
export type InboxMessage = Schemas['InboxMessage'];
export type LeaveRequest = Schemas['LeaveRequest'];
export type ManyResults = Schemas['ManyResults'];
export type Status = Schemas['Status'];
export type FollowUp = Schemas['FollowUp'];
export type Person = Schemas['Person'];
export type PeoplePage = Schemas['PeoplePage'];
export type Refusal = { code: string; message: string; details: string | null; hint: string | null };
